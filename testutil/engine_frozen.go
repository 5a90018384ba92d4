package testutil

import "context"

// Freeze has the agent of an instance make no call and get no answer until Thaw. The engine
// finishes what it is doing.
func (e *FakeEngine) Freeze(instance string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.frozen[instance] == nil {
		e.frozen[instance] = make(chan struct{})
	}
}

// Thaw lets the agent of an instance go on.
func (e *FakeEngine) Thaw(instance string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if thawed := e.frozen[instance]; thawed != nil {
		close(thawed)
		delete(e.frozen, instance)
	}
}

// hold waits while the agent of an instance is frozen.
func (e *FakeEngine) hold(ctx context.Context, instance string) {
	e.mu.Lock()
	thawed := e.frozen[instance]
	e.mu.Unlock()
	if thawed != nil {
		select {
		case <-thawed:
		case <-ctx.Done():
		}
	}
}
