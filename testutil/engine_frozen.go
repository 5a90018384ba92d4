package testutil

// Freeze has the agent of an instance make no call and get no answer until Thaw. What the engine is
// at, it ends.
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
