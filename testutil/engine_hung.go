package testutil

import "context"

// Hang has the engine answer nothing, and tell nothing, until it is taken back. What it was asked meanwhile it does then, also for those who
// wait for no answer any more, as a real one may that is stopped and goes on; but it stops nothing for them. Containers run on.
func (e *FakeEngine) Hang(hang bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case hang && e.hung == nil:
		e.hung = make(chan struct{})
	case !hang && e.hung != nil:
		close(e.hung)
		e.hung = nil
	}
}

// wait waits until the engine works; it fails when ctx ends first.
func (e *FakeEngine) wait(ctx context.Context) error {
	e.mu.Lock()
	hung := e.hung
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

// later does something once the engine works.
func (e *FakeEngine) later(do func()) {
	e.mu.Lock()
	hung := e.hung
	e.mu.Unlock()
	if hung == nil {
		return
	}
	go func() {
		<-hung
		do()
	}()
}
