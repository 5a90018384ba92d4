package task

import (
	"time"

	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

// drainMargin is how much longer than its target groups an agent waits for the requests to a task.
const drainMargin = 10 * time.Second

// drain is what is known about the open requests to a task that is a target of target groups. Such
// a task is DEACTIVATING from when it is asked to stop until the servers say that the last request
// has ended, or was given up. If they say nothing, the agent's own clock ends the wait.
type drain struct {
	targets bool          // the task is a target
	over    bool          // nobody waits for requests any more
	delay   time.Duration // how long the target groups wait
	until   structs.Time  // when the agent waits no longer; zero: it does not wait yet
}

// note records what an assignment says. Once the containers are being stopped, nothing is waited
// for again.
func (d *drain) note(as structs.Assignment) {
	d.targets = d.targets || len(as.Task.Targets) > 0
	d.over = d.over || as.Task.DrainedAt != 0 || as.Task.LastStatus >= structs.TaskStopping
	if as.DrainSeconds > 0 {
		d.delay = time.Duration(as.DrainSeconds) * time.Second
	}
}

// drains reports whether requests to a task that was asked to stop are still waited for.
func (r *Runner) drains() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := &r.drain
	if !d.targets || d.over {
		return false
	}
	now := r.cfg.Now()
	if d.until == 0 {
		d.until = now + structs.Time((d.delay+drainMargin)/time.Millisecond)
	}
	if now >= d.until {
		r.log.Warn("no server said that the last request to the task has ended; stopping its containers")
		d.over = true
	}
	return !d.over
}

// drainUntil returns when requests are waited for no longer.
func (r *Runner) drainUntil() structs.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.drain.until
}

// EndDrain makes the task wait for no requests.
func (r *Runner) EndDrain() {
	r.mu.Lock()
	r.drain.over = true
	r.mu.Unlock()
	wait.Nudge(r.poked)
}
