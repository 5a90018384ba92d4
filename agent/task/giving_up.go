package task

import "github.com/gantry-project/gantry/structs"

// The giving up of a task whose container engine does not work. What the engine has done for it
// unseen, the sweeper removes once it can.

// GiveUp ends the task if it waits for the engine. One that runs is left as it is; one that must
// not run twice is too as soon as a container of it may have started, since another may take its
// place.
func (r *Runner) GiveUp(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := r.asked.Err() != nil
	if r.once && r.begun || r.up && !asked && !r.leaving || r.fenced.Load() || r.patience.Err() != nil {
		return
	}
	r.gaveUp = reason
	r.exhaust()
}

// begin notes that a container is about to be started; false where the task was given up.
func (r *Runner) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun = r.begun || r.patience.Err() == nil
	return r.patience.Err() == nil
}

// comeUp notes that every container has started; false where the task was given up.
func (r *Runner) comeUp() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.up = r.up || r.patience.Err() == nil
	return r.patience.Err() == nil
}

// goDown notes that the containers are being stopped.
func (r *Runner) goDown() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.leaving = true
}

// abandon reports a task STOPPED that was given up, without another word to the engine.
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
		r.update.StopCode, r.update.StoppedReason, r.update.StoppingAt = structs.StopTaskFailedToStart, reason, r.cfg.Now()
	}
	r.finish()
}
