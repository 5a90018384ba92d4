package task

import "github.com/gantry-project/gantry/structs"

// A task is given up when its container engine does not work. Once it can, the sweeper removes
// anything that the engine did for the task unseen.

// GiveUp ends the task if it waits for the engine, so that another can take its place. A running
// task is left alone, and so is one that must not run twice if one of its containers may have
// started.
func (r *Runner) GiveUp(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := r.asked.Err() != nil
	if r.once && r.begun || r.up && !asked && !r.leaving || r.fenced.Load() || r.trying.Err() != nil {
		return
	}
	r.gaveUp = reason
	r.endTrying()
}

// begin records that a container is about to be started. It returns false if the task was given up.
func (r *Runner) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun = r.begun || r.trying.Err() == nil
	return r.trying.Err() == nil
}

// comeUp records that every container has started. It returns false if the task was given up.
func (r *Runner) comeUp() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.up = r.up || r.trying.Err() == nil
	return r.trying.Err() == nil
}

// goDown records that the containers are being stopped.
func (r *Runner) goDown() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.leaving = true
}

// abandon reports a task that was given up as STOPPED, without another call of the engine.
func (r *Runner) abandon() {
	reason := cannotStart + ": " + r.gaveUp
	if r.up {
		reason = cannotStop + ": " + r.gaveUp
	}
	for i := range r.containers {
		switch c := &r.containers[i]; {
		case c.phase == phaseEnded:
		case c.startedAt == 0:
			c.fail(reason)
		default:
			c.end(reason)
		}
	}
	if !r.ending && r.asked.Err() == nil {
		r.ending = true
		r.update.StopCode, r.update.StoppedReason = structs.StopTaskFailedToStart, reason
		r.update.StoppingAt = r.cfg.Now()
	}
	r.finish()
}
