package images

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// name returns the name of the nth image of a test.
func name(n int) string { return fmt.Sprintf("registry.test/app%d:1", n) }

// stock pulls images, one minute after the other.
func stock(t *testing.T, e *engine, i *Images, count int) {
	t.Helper()
	for n := range count {
		e.registry[name(n)] = digest(fmt.Sprint(n))
		mustPull(t, i, Want{Image: name(n)})
		time.Sleep(time.Minute)
	}
}

// cleaning runs the cleaner for a while, and returns the tags that it removed.
func cleaning(t *testing.T, e *engine, i *Images, d time.Duration) (removed []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		i.Clean(ctx)
	}()
	time.Sleep(d)
	cancel()
	<-done
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, name := range e.removed {
		if _, tagged := e.registry[name]; tagged {
			removed = append(removed, name)
		}
	}
	return removed
}

// Images that were not used for long go, five at a time. What is in use, about to be used or not
// this agent's stays.
func TestCleanByAge(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		e := newEngine()
		i := start(t, Config{CleanupAge: time.Hour}, e, nil)
		stock(t, e, i, 9)
		used := e.local[name(1)]
		used.InUse = true
		e.local[name(1)] = used
		held, err := i.Pull(t.Context(), Want{Image: name(2)})
		if err != nil {
			t.Fatal(err)
		}
		e.put("built.test/here:1", "")
		e.put("docker.io/library/gantry-pause:1", "")
		if got := cleaning(t, e, i, 50*time.Minute); len(got) != 0 {
			t.Errorf("removed %v before their time", got)
		}
		want := []string{name(0), name(3), name(4), name(5), name(6), name(7), name(8)}
		if got := cleaning(t, e, i, 45*time.Minute); !slices.Equal(got, want[:5]) {
			t.Errorf("removed %v, want five, the oldest first", got)
		}
		if got := cleaning(t, e, i, 2*time.Hour); !slices.Equal(got, want) {
			t.Errorf("removed %v in the end, want %v", got, want)
		}
		held.Release()
		if got := cleaning(t, e, i, 3*time.Hour); !slices.Contains(got, name(2)) {
			t.Errorf("removed %v, and not what was let go", got)
		}
		for _, name := range []string{"built.test/here:1", "docker.io/library/gantry-pause:1", name(1)} {
			if _, ok := e.local[name]; !ok {
				t.Errorf("%s was removed", name)
			}
		}
	})
}

// A used image counts from the end of its use, and prefer-cached keeps images for ever (ECS).
func TestNoCleanByAge(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		e := newEngine()
		i := start(t, Config{CleanupAge: time.Hour, Behavior: PreferCached}, e, nil)
		stock(t, e, i, 1)
		if got := cleaning(t, e, i, 24*time.Hour); len(got) > 0 {
			t.Errorf("removed %v", got)
		}
	})
}

// A full disk takes no heed of age. Untracked images go only if that is allowed, and the pause
// image never does.
func TestCleanByDisk(t *testing.T) {
	for _, untracked := range []bool{false, true} {
		faketime.Test(t, func(t *testing.T) {
			e := newEngine()
			i := start(t, Config{CleanupDisk: 80, CleanupUntracked: untracked}, e, nil)
			stock(t, e, i, 4)
			// each image has two names, and half a percent of the disk in each
			i.fullness = func(string) (int, error) { return 81 - len(e.removed)/2, nil }
			if got := cleaning(t, e, i, 2*time.Minute); !slices.Equal(got, []string{name(0), name(1)}) {
				t.Errorf("removed %v, want the oldest, and no more than it takes", got)
			}
			e.put("built.test/here:1", "")
			e.put("docker.io/library/gantry-pause:1", "")
			i.fullness = func(string) (int, error) { return 99, nil }
			cleaning(t, e, i, 2*time.Minute)
			_, stays := e.local["built.test/here:1"]
			if _, pause := e.local["docker.io/library/gantry-pause:1"]; stays == untracked || !pause {
				t.Errorf("untracked %v: it stays: %v, the pause image: %v", untracked, stays, pause)
			}
		})
	}
}

// The agent knows its images again after a restart, and nothing of images that are gone.
func TestRecordOutlivesTheAgent(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		e := newEngine()
		i := start(t, Config{CleanupAge: time.Hour}, e, nil)
		stock(t, e, i, 2)
		next := New(i.cfg, i.parts)
		if got := cleaning(t, e, next, 2*time.Hour); len(got) != 2 {
			t.Errorf("removed %v, want both", got)
		}
		if last := New(i.cfg, i.parts); last.record.has(name(0)) {
			t.Error("an image that was removed is still known")
		}
	})
}

// A task that wants an image while the cleaner is removing it gets it pulled again, and what a task
// holds is never removed.
func TestCleanerAndTaskAtTheSameTime(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		e := newEngine()
		i := start(t, Config{CleanupAge: time.Hour}, e, nil)
		stock(t, e, i, 1)
		removing, goOn := make(chan struct{}, 9), make(chan struct{})
		e.onRemove = func() { removing <- struct{}{}; <-goOn }
		go cleaning(t, e, i, 2*time.Hour)
		<-removing
		held := make(chan Held, 1)
		go func() {
			h, err := i.Pull(t.Context(), Want{Image: name(0)})
			if err != nil {
				t.Error(err)
			}
			held <- h
		}()
		synctest.Wait()
		select {
		case <-held:
			t.Error("the task has an image that is being removed")
		default:
		}
		close(goOn)
		h := <-held
		if _, ok, _ := e.InspectImage(t.Context(), name(0)); !ok {
			t.Error("the task has no image")
		}
		h.Release()
		time.Sleep(3 * time.Hour)
	})
}

// Without fake time, for the race detector: whoever has pulled an image finds it until it lets go.
func TestManyTasksAndACleaner(t *testing.T) {
	e := newEngine()
	e.registry[name(0)] = digest("0")
	i := start(t, Config{CleanupAge: time.Nanosecond}, e, nil)
	ctx, cancel := context.WithCancel(t.Context())
	var cleaner, tasks sync.WaitGroup
	cleaner.Go(func() {
		for ctx.Err() == nil {
			i.cleanAged(ctx)
		}
	})
	for range 4 {
		tasks.Go(func() {
			for range 200 {
				held, err := i.Pull(t.Context(), Want{Image: name(0)})
				if err != nil {
					t.Error(err)
					return
				}
				if _, ok, _ := e.InspectImage(t.Context(), name(0)); !ok {
					t.Error("the image went between pull and create")
				}
				held.Release()
			}
		})
	}
	tasks.Wait()
	cancel()
	cleaner.Wait()
	if len(e.removed) == 0 {
		t.Error("nothing was removed, so nothing was tried")
	}
}

var _ runtime.Images = (*engine)(nil)
