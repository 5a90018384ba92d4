package images

import (
	"context"
	"slices"
	"sync"
)

// uses knows which names of images tasks are about to use, and which the cleaner is removing. No
// name is both. It is safe for concurrent use.
type uses struct {
	mu       sync.Mutex
	held     map[string]int
	removing map[string]chan struct{} // closed when the removal has ended
}

func newUses() *uses { return &uses{held: map[string]int{}, removing: map[string]chan struct{}{}} }

// hold keeps images from being removed until release is called. It waits while one of them is being
// removed.
func (u *uses) hold(ctx context.Context, names ...string) (release func(), err error) {
	names = normal(names)
	for {
		busy := u.tryHold(names)
		if busy == nil {
			return sync.OnceFunc(func() { u.release(names) }), nil
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// tryHold returns nil if it holds all names, or else a channel that closes at the end of a removal.
func (u *uses) tryHold(names []string) (busy chan struct{}) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, name := range names {
		if busy := u.removing[name]; busy != nil {
			return busy
		}
	}
	for _, name := range names {
		u.held[name]++
	}
	return nil
}

func (u *uses) release(names []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, name := range names {
		if u.held[name]--; u.held[name] == 0 {
			delete(u.held, name)
		}
	}
}

// whileFree calls remove unless a task is about to use one of the names. Until it returns, no task
// gets hold of them.
func (u *uses) whileFree(names []string, remove func() error) (free bool, err error) {
	names = normal(names)
	done := make(chan struct{})
	u.mu.Lock()
	if slices.ContainsFunc(names, func(name string) bool { return u.held[name] > 0 }) {
		u.mu.Unlock()
		return false, nil
	}
	for _, name := range names {
		u.removing[name] = done
	}
	u.mu.Unlock()
	defer func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		for _, name := range names {
			delete(u.removing, name)
		}
		close(done)
	}()
	return true, remove()
}

// isHeld reports whether a task is about to use one of the names.
func (u *uses) isHeld(names []string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.ContainsFunc(normal(names), func(name string) bool { return u.held[name] > 0 })
}
