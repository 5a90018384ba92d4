package images

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/wait"
)

const (
	// diskEvery is how often the cleaner looks at the disk, ageEvery how often it looks for images
	// that were not used for long, and mostAged how many of these it then removes (ECS).
	diskEvery = time.Minute
	ageEvery  = 30 * time.Minute
	mostAged  = 5
	// pauseImage is how normal writes runtime.PauseRepository.
	pauseImage = "docker.io/library/" + runtime.PauseRepository + ":"
)

// Clean removes images that were not used for long, and others if the disk of the engine fills up,
// until ctx ends.
func (i *Images) Clean(ctx context.Context) {
	if i.cfg.CleanupAge == 0 && i.cfg.CleanupDisk == 0 {
		return
	}
	for aged := time.Now(); wait.Sleep(ctx, diskEvery); {
		if i.cfg.CleanupAge > 0 && i.cfg.Behavior != PreferCached && time.Since(aged) >= min(ageEvery, i.cfg.CleanupAge) {
			aged = time.Now()
			i.cleanAged(ctx)
		}
		if i.cfg.CleanupDisk > 0 {
			i.cleanDisk(ctx)
		}
	}
}

// cleanAged removes images that were not used for CleanupAge.
func (i *Images) cleanAged(ctx context.Context) {
	list, err := i.unused(ctx)
	if err != nil {
		i.log.Warn("cannot list images to clean up", "error", err)
		return
	}
	removed := 0
	for _, one := range list {
		if removed == mostAged || time.Since(one.used) < i.cfg.CleanupAge {
			return
		}
		if i.remove(ctx, one, fmt.Sprintf("not used for %s", time.Since(one.used).Round(time.Second))) {
			removed++
		}
	}
}

// cleanDisk removes images, those first that were not used for longest, until the disk is emptier.
func (i *Images) cleanDisk(ctx context.Context) {
	root, percent, err := i.disk(ctx)
	if err != nil {
		i.log.Warn("cannot find out how full the disk of the container engine is", "error", err)
		return
	}
	if percent < i.cfg.CleanupDisk {
		return
	}
	list, err := i.unused(ctx)
	if err != nil {
		i.log.Warn("cannot list images to clean up", "error", err)
		return
	}
	for _, one := range list {
		i.remove(ctx, one, fmt.Sprintf("%s is %d %% full", root, percent))
		if _, percent, err = i.disk(ctx); err != nil || percent < i.cfg.CleanupDisk {
			return
		}
	}
	i.log.Warn("the disk of the container engine is filling up, and there is no image left to remove", "directory", root, "percent", percent)
}

// disk returns the directory of the engine, and how full its file system is.
func (i *Images) disk(ctx context.Context) (root string, percent int, err error) {
	info, err := i.parts.Info(ctx)
	if err != nil {
		return "", 0, err
	}
	percent, err = i.fullness(info.DataRoot)
	return info.DataRoot, percent, err
}

// fullness returns how full the file system of a directory is, as df counts.
func fullness(dir string) (percent int, err error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, fmt.Errorf("%s: %w", dir, err)
	}
	used := fs.Blocks - fs.Bfree
	return int(used * 100 / max(used+fs.Bavail, 1)), nil
}

// candidate is an image that may be removed.
type candidate struct {
	runtime.Image
	names []string
	used  time.Time
}

// unused returns the images that may be removed, the one first that was not used for longest.
func (i *Images) unused(ctx context.Context) (list []candidate, err error) {
	began := time.Now()
	images, err := i.parts.Engine.ListImages(ctx)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, image := range images {
		names := normal(slices.Concat(image.Tags, image.Digests))
		all = append(all, names...)
		ours, used := i.record.see(image.Tags, image.Digests, image.InUse || i.uses.isHeld(names), time.Now())
		pause := slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, pauseImage) })
		if len(names) > 0 && !image.InUse && !pause && (ours || i.cfg.CleanupUntracked) {
			list = append(list, candidate{image, names, used})
		}
	}
	i.record.keep(all, began)
	slices.SortFunc(list, func(a, b candidate) int {
		return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

// remove removes all names of an image, unless a task is about to use it.
func (i *Images) remove(ctx context.Context, one candidate, why string) bool {
	free, err := i.uses.whileFree(one.names, func() error {
		for _, name := range slices.Concat(one.Tags, one.Digests) {
			if err := i.parts.Engine.RemoveImage(ctx, name); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case err != nil:
		i.log.Info("cannot remove an image", "image", one.names[0], "error", err)
	case free:
		i.log.Info("removed an image", "image", one.names[0], "because", why)
	}
	return free && err == nil
}
