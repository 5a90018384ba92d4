package fake

import "github.com/gantry-project/gantry/agent/runtime"

// SetAway makes every call fail as if no engine listened, and loses events, until it is undone.
func (e *Engine) SetAway(away bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.away = away
	if !away {
		for w := range e.watchers {
			w.push(runtime.Event{})
		}
	}
}

// Away returns the error that calls fail with while the engine is away.
func (e *Engine) Away() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.away {
		return errAway
	}
	return nil
}

// SetMute loses every event until it is undone; calls still work.
func (e *Engine) SetMute(mute bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mute = mute
}

// Exit ends a running container, named by name or id, with an exit code.
func (e *Engine) Exit(container string, code int32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.exit(e.find(container), code)
}

// KillForMemory ends a running container as the kernel does when it is out of memory.
func (e *Engine) KillForMemory(container string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.find(container)
	c.state.OOMKilled = true
	e.exit(c, exitKilled)
}

// KillChildForMemory kills a process of a running container for lack of memory, but not its first.
func (e *Engine) KillChildForMemory(container string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.find(container)
	c.state.OOMKilled = true
	e.tell(c, runtime.Event{})
}

// SetHealth changes the result of a container's health check.
func (e *Engine) SetHealth(container, health string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.find(container)
	c.state.Health = health
	e.tell(c, runtime.Event{})
}

// Restart starts an ended container again, as a person would.
func (e *Engine) Restart(container string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.run(e.find(container))
}

// RemoveContainer removes a container as a person would.
func (e *Engine) RemoveContainer(container string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.remove(e.find(container))
}
