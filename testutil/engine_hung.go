package testutil

import "context"

// Hang has the engine of an instance answer nothing, and tell nothing, until Resume. What it was
// asked meanwhile it does then, also for those who wait for no answer any more, as a real one may
// that is stopped and goes on; but it stops nothing for them. Containers run on.
func (e *FakeEngine) Hang(instance string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hung[instance] == nil {
		e.hung[instance] = make(chan struct{})
	}
}

// Resume lets the engine of an instance go on.
func (e *FakeEngine) Resume(instance string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if hung := e.hung[instance]; hung != nil {
		close(hung)
		delete(e.hung, instance)
	}
}

// works waits until the engine works; it fails when ctx ends first.
func (r *FakeRuntime) works(ctx context.Context) error {
	r.engine.mu.Lock()
	hung := r.engine.hung[r.instance]
	r.engine.mu.Unlock()
	if hung == nil {
		return nil
	}
	select {
	case <-hung:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// later does something once the engine works.
func (r *FakeRuntime) later(do func()) {
	go func() {
		_ = r.works(context.Background())
		do()
	}()
}
