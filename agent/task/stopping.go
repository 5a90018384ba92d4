package task

import (
	"context"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// DefaultStopTimeout is the number of seconds between SIGTERM and SIGKILL if a container definition
// has none (ECS's default).
const DefaultStopTimeout = 30

// end ends a container, and removes it if it never started or cannot be ended otherwise.
func (r *Runner) end(ctx context.Context, c *container) {
	c.final = true
	c.asked = r.fenced.Load() // the guard is killing it
	r.inspect(ctx, c)         // it may have started unseen, or have ended on its own
	if c.phase == phaseRunning {
		c.asked = true
		err := runtime.Retry(ctx, r.log, func() error {
			return r.cfg.Engine.StopContainer(ctx, c.seen.RuntimeID, r.stopTimeout(c.spec))
		})
		if err != nil && ctx.Err() == nil {
			r.log.Warn("cannot stop the container", "container", c.seen.Name, "error", err)
		}
		r.inspect(ctx, c)
	}
	if !c.mayRun() || ctx.Err() != nil {
		return
	}
	err := runtime.Retry(ctx, r.log, func() error { return r.cfg.Engine.RemoveContainer(ctx, c.seen.RuntimeID) })
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		r.log.Warn("cannot remove the container", "container", c.seen.Name, "error", err)
	}
	c.end("")
}

func (r *Runner) stopTimeout(spec runtime.ContainerSpec) int {
	if r.fenced.Load() {
		return 0
	}
	if t := spec.Definition.StopTimeout; t != nil {
		return int(*t)
	}
	return DefaultStopTimeout
}

// inspect looks at a container again. One that no longer exists has ended, no matter who removed
// it.
func (r *Runner) inspect(ctx context.Context, c *container) {
	var state runtime.ContainerState
	var there bool
	err := runtime.Retry(ctx, r.log, func() (err error) {
		state, there, err = r.cfg.Engine.InspectContainer(ctx, c.seen.RuntimeID)
		return err
	})
	switch {
	case err != nil:
	case there:
		c.see(state)
	default:
		c.end(reasonRemoved)
	}
}

// beginEnd records once why the task ends. The server already knows why it wants a task stopped.
func (r *Runner) beginEnd() {
	fenced := r.fenced.Load()
	if r.ending || r.asked.Err() != nil && !fenced {
		return
	}
	r.ending = true
	if r.update.StopCode, r.update.StoppedReason = verdict(r.containers, r.resources); fenced {
		r.update.StopCode, r.update.StoppedReason = structs.StopInstanceLost, structs.ReasonCutOff
	}
	r.update.StoppingAt = r.cfg.Now()
}

// finish reports the task as STOPPED. A container that was never created counts as stopped too.
func (r *Runner) finish() {
	r.beginEnd()
	var last structs.Time
	for i := range r.containers {
		c := &r.containers[i]
		if c.phase != phaseEnded {
			c.end("")
		}
		last = max(last, c.endedAt)
	}
	r.update.StoppedAt = r.cfg.Now()
	if last == 0 && r.update.StartedAt != 0 {
		last = r.update.StoppedAt // its containers were removed, so nobody knows better
	}
	if r.update.ExecutionStoppedAt == 0 {
		r.update.ExecutionStoppedAt = last
	}
	r.report(structs.TaskStopped)
	r.stop() // this and the next free the contexts; asking an ended task to stop changes nothing
	r.endTrying()
	close(r.done)
}
