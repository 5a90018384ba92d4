package images

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/distribution/reference"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

const (
	// askTimeout limits the question to a registry about an image that is present: the task need
	// not wait for it.
	askTimeout = 3 * time.Second
	// awayFor is how long a registry that gave no answer is not asked again about images that are
	// present.
	awayFor = 30 * time.Second
	// wholePull limits a pull, whatever progress it makes (ECS).
	wholePull = 2 * time.Hour
	// attempts is how often a pull is tried if the registry breaks off, firstDelay and mostDelay
	// are the shortest and the longest wait in between (ECS).
	attempts   = 5
	firstDelay = 1100 * time.Millisecond
	mostDelay  = 5 * time.Second
)

// pull is one image to make present, with all that is known about it.
type pull struct {
	Want
	Login runtime.Login // exported: fmt prints fields that are not without their String
	exact string        // its name: with the digest if there is one, else as in the definition
}

// ensure makes an image present as the behavior demands.
func (i *Images) ensure(ctx context.Context, p pull) error {
	local, present, err := i.parts.Engine.InspectImage(ctx, p.exact)
	if err != nil || present && i.serves(ctx, p, local) {
		return err
	}
	progress := func(now runtime.PullProgress) {
		if p.Progress != nil {
			p.Progress(structs.PullProgress{Image: p.Image, Done: now.Done, Total: now.Total})
		}
	}
	err = i.shared.do(ctx, p.key(), progress, func(ctx context.Context, progress func(runtime.PullProgress)) error {
		return i.fetch(ctx, p, progress)
	})
	if refusal, ok := errors.AsType[*runtime.Error](err); ok && present && i.cfg.Behavior != Always {
		i.log.Warn("cannot pull an image again; its present version serves", "image", p.exact, "error", refusal)
		return nil
	}
	return err
}

// key is equal for wants that may share a pull: nobody gets an image by the credentials of another.
func (p *pull) key() string { return p.exact + " " + p.Credentials }

// serves reports whether an image that is present need not be pulled again.
func (i *Images) serves(ctx context.Context, p pull, local runtime.Image) bool {
	switch {
	case strings.Contains(p.exact, "@"): // a digest means one image forever
		return true
	case i.cfg.Behavior == PreferCached, i.cfg.Behavior == Once && i.record.has(p.exact):
		return true
	case i.cfg.Behavior != Always && len(local.Digests) == 0: // it was built here
		return true
	}
	digest, err := i.askQuickly(ctx, p, i.cfg.Behavior != Always)
	if err != nil {
		// with Always, the pull has the better error
		return i.cfg.Behavior != Always
	}
	return slices.Contains(digestsOf(local, p.Image), digest)
}

// digestsOf returns the digests that an image has in the repository of a name.
func digestsOf(local runtime.Image, name string) (list []string) {
	asked, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return nil
	}
	for _, text := range local.Digests {
		ref, err := reference.ParseNormalizedNamed(text)
		if d, ok := ref.(reference.Canonical); err == nil && ok && ref.Name() == asked.Name() {
			list = append(list, d.Digest().String())
		}
	}
	return list
}

// askQuickly asks the registry for the digest of an image that is present. With spare, a registry
// that did not answer a moment ago is not asked.
func (i *Images) askQuickly(ctx context.Context, p pull, spare bool) (digest string, err error) {
	registry := registryOf(p.Image)
	if spare && i.shared.isAway(registry, p.key()) {
		return "", errRegistryAway
	}
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	digest, err = i.ask(asking, p)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		key := registry
		if refusal, ok := errors.AsType[*runtime.Error](err); ok && !refusal.Transient {
			key = p.key() // it answered
		}
		i.shared.setAway(key)
		i.log.Info("the registry does not name an image that is present", "image", p.exact, "error", err)
	}
	return digest, err
}

var errRegistryAway = errors.New("the registry did not answer a moment ago")

// registryOf returns the registry of an image: docker.io, or a host with its port.
func registryOf(image string) string {
	ref, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return ""
	}
	return reference.Domain(ref)
}

// ask asks the registry for the digest of an image. Callers at the same time share the answer.
func (i *Images) ask(ctx context.Context, p pull) (digest string, err error) {
	return i.shared.ask(ctx, p.key(), func(ctx context.Context) (string, error) {
		return i.parts.Engine.AskRegistry(ctx, p.Image, p.Login)
	})
}

// fetch pulls an image, and again if the registry breaks off.
func (i *Images) fetch(ctx context.Context, p pull, progress func(runtime.PullProgress)) error {
	err := retry(ctx, func() error { return i.fetchOnce(ctx, p, progress) })
	if err != nil {
		return err
	}
	names := []string{p.exact}
	if p.Digest != "" {
		// the tag is what other tasks find when the registry is away
		if err := i.parts.Engine.TagImage(ctx, p.exact, p.Image); err != nil {
			i.log.Warn("cannot tag an image that was pulled by its digest", "image", p.exact, "error", err)
		}
		names = append(names, p.Image)
	} else if local, present, err := i.parts.Engine.InspectImage(ctx, p.exact); err == nil && present {
		names = append(names, local.Digests...) // which stay when the tag moves on
	}
	i.record.pulled(names, time.Now())
	return nil
}

// retry calls op until it returns nil or an error that another call would not change, as often as
// ECS's agent does.
func retry(ctx context.Context, op func() error) error {
	delay := firstDelay
	for n := 1; ; n++ {
		err := op()
		if refusal, ok := errors.AsType[*runtime.Error](err); !ok || !refusal.Transient || n == attempts {
			return err
		}
		if !wait.Sleep(ctx, delay+rand.N(delay/5)) {
			return ctx.Err()
		}
		delay = min(2*delay, mostDelay)
	}
}

// fetchOnce pulls an image, and gives up when that makes no progress.
func (i *Images) fetchOnce(ctx context.Context, p pull, progress func(runtime.PullProgress)) error {
	pulling, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	silent := time.AfterFunc(i.cfg.PullTimeout, func() {
		giveUp(&runtime.Error{Name: cannotPull, Transient: true,
			Reason: "pull image " + p.exact + ": no progress for " + i.cfg.PullTimeout.String() + ". The registry is slow or does not answer"})
	})
	defer silent.Stop()
	long := time.AfterFunc(wholePull, func() {
		giveUp(refused("pull image %s: it takes longer than %s", p.exact, wholePull))
	})
	defer long.Stop()
	err := i.parts.Engine.PullImage(pulling, p.exact, p.Login, func(now runtime.PullProgress) {
		silent.Reset(i.cfg.PullTimeout)
		progress(now)
	})
	if gaveUp, ok := errors.AsType[*runtime.Error](context.Cause(pulling)); ok && err != nil {
		return gaveUp
	}
	return err
}
