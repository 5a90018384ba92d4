package agent

import "github.com/gantry-project/gantry/structs"

// The giving up of a task whose container engine does not work. What the engine has done for it
// unseen, the sweeper removes once it can.

// giveUp ends the task if it waits for the engine. One that runs is left as it is; one that must
// not run twice is too as soon as a container of it may have started, since another may take its
// place.
func (r *runner) giveUp(reason string) {
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
func (r *runner) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun = r.begun || r.patience.Err() == nil
	return r.patience.Err() == nil
}

// comeUp notes that every container has started; false where the task was given up.
func (r *runner) comeUp() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.up = r.up || r.patience.Err() == nil
	return r.patience.Err() == nil
}

// goDown notes that the containers are being stopped.
func (r *runner) goDown() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.leaving = true
}

// abandon reports a task STOPPED that was given up, without another word to the engine.
func (r *runner) abandon() {
	reason := cannotStart + ": " + r.gaveUp
	if r.up {
		reason = cannotStop + ": " + r.gaveUp
	}
	for i := range r.parts {
		switch p := &r.parts[i]; {
		case p.phase == phaseEnded:
		case p.startedAt == 0:
			p.fail(reason)
		default:
			p.end(reason)
		}
	}
	if !r.ending && r.asked.Err() == nil {
		r.ending = true
		r.update.StopCode, r.update.StoppedReason, r.update.StoppingAt = structs.StopTaskFailedToStart, reason, r.now()
	}
	r.finish()
}
