package testutil

import (
	"context"

	"github.com/gantry-project/gantry/agent/runtime/fake"
)

// Hang has the engine of an instance answer nothing, and tell nothing, until Resume. It then does
// what it was asked meanwhile, also for those who no longer wait for the answer, as a real one may
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

// works waits until the engine of an instance works. It fails if ctx ends first.
func (e *FakeEngine) works(ctx context.Context, instance string) error {
	e.mu.Lock()
	hung := e.hung[instance]
	e.mu.Unlock()
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

// later has the effect of a call once the engine works.
func (e *FakeEngine) later(c fake.Call) {
	go func() {
		_ = e.works(context.Background(), c.Instance)
		_ = c.Effect()
	}()
}
