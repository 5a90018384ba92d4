package task

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// Run returns when the task has ended. It also returns when ctx ends; the containers then run on.
func (r *Runner) Run(ctx context.Context) {
	defer r.giveSlot()
	defer r.letGo()
	defer r.settle()
	calling, end := context.WithCancel(ctx) // also ends when the task is given up
	defer end()
	defer context.AfterFunc(r.trying, end)()
	preparing, cut := context.WithCancel(calling) // also ends when the task is on its way down
	defer cut()
	defer context.AfterFunc(r.asked, cut)()
	for ctx.Err() == nil {
		if r.trying.Err() != nil {
			r.settle()
			r.abandon()
			return
		}
		var timeout structs.Time
		wanted := r.wish()
		if wanted == toRun && !r.ending {
			timeout = failBlocked(r.containers, r.taken, r.cfg.Now())
		}
		if wanted == toDrain {
			timeout = r.drainUntil()
			r.report(structs.TaskDeactivating)
		}
		next := decide(wanted, r.containers, r.resources, r.taken)
		if next.down {
			cut()
		}
		r.take(calling, preparing, next.steps)
		if !slices.ContainsFunc(r.taken, step.needsSlot) {
			r.giveSlot()
		}
		switch {
		case next.done && next.down:
			r.reportEnd()
			r.finish()
			return
		case next.done:
			if r.comeUp() {
				r.report(structs.TaskRunning)
			}
		case !next.down && len(next.steps) == 0 && !r.hasSlot: // others are waited for
			r.report(r.update.Status)
		}
		r.wait(calling, wanted, timeout)
	}
}

// wish returns what is wanted of the task.
func (r *Runner) wish() wish {
	switch {
	case r.asked.Err() == nil:
		return toRun
	case r.fenced.Load():
		return toStopAtOnce
	case r.drains():
		return toDrain
	}
	return toStop
}

// announce reports the status of a task before it takes a step.
func (r *Runner) announce(s step) {
	switch s.kind {
	case pullImage:
		r.update.PullStartedAt = cmp.Or(r.update.PullStartedAt, r.cfg.Now())
		r.report(structs.TaskPending)
	case prepareResource, createContainer:
		r.report(structs.TaskPending)
	case startContainer:
		r.report(structs.TaskActivating)
	case restartContainer, inspectContainer, updateResource:
	case endContainer:
		r.goDown()
		r.beginEnd()
		r.report(structs.TaskDeactivating)
		r.report(structs.TaskStopping)
	case releaseResource:
		r.beginEnd()
		r.report(structs.TaskDeprovisioning)
	}
}

func (r *Runner) resource(name string) *resource {
	return &r.resources[slices.IndexFunc(r.resources, func(res resource) bool { return res.Name() == name })]
}

// report reports what is known, if it is new. The status only moves forward.
func (r *Runner) report(status structs.TaskStatus) {
	r.update.Status = max(r.update.Status, status)
	r.update.Containers = make([]structs.Container, len(r.containers))
	for i, c := range r.containers {
		r.update.Containers[i] = c.seen
	}
	if r.update.StartedAt == 0 {
		r.update.StartedAt = startedAt(r.containers)
	}
	if reflect.DeepEqual(r.update, r.sent) {
		return
	}
	if r.update.Status != r.sent.Status {
		r.log.Info("task is "+r.update.Status.String(), "stopCode", r.update.StopCode, "reason", r.update.StoppedReason)
	}
	r.sent = r.update
	r.cfg.Report(r.update)
}

// startedAt returns when the last container of a task started, and zero while one has not.
func startedAt(containers []container) structs.Time {
	var last structs.Time
	for _, c := range containers {
		if c.startedAt == 0 && (c.essential || !c.failed) {
			return 0
		}
		last = max(last, c.startedAt)
	}
	return last
}

// wait waits for something to happen: a step ends, a container changes, the task is asked to stop
// or given up, or a timeout is over.
func (r *Runner) wait(ctx context.Context, wanted wish, timeout structs.Time) {
	asked := r.asked.Done()
	if wanted != toRun {
		asked = nil
	}
	var over <-chan time.Time
	if timeout != 0 {
		timer := time.NewTimer(timeout.Std().Sub(r.cfg.Now().Std()))
		defer timer.Stop()
		over = timer.C
	}
	select {
	case apply := <-r.results:
		apply()
	case <-r.poked:
	case <-asked:
	case <-over:
	case <-ctx.Done():
	}
	r.look()
}

// look records what events and lists say about the containers. One that is not told whole is
// inspected in a step.
func (r *Runner) look() {
	events, listed := r.takeNews()
	if newer := r.takeNewer(); newer != nil {
		r.follow(*newer)
	}
	events = append(r.held, events...)
	r.held = nil
	for _, event := range events {
		r.lookAt(event)
	}
	for i := range r.containers {
		c := &r.containers[i]
		if listed != nil && c.mayRun() && !busy(r.taken, c.key) && !c.isAs(listed) {
			c.stale = true
		}
	}
	r.checkResources(events)
}

// lookAt records what one event says. An event that may be about a container with a step in
// progress is kept until the step has ended.
func (r *Runner) lookAt(event runtime.Event) {
	hold := false
	if event.Pause {
		return // checkResources looks at it
	}
	for i := range r.containers {
		c := &r.containers[i]
		working := busy(r.taken, c.key)
		switch {
		case event.ID == "":
			c.stale = c.mayRun() || working
		case working:
			hold = true // its id may become this one
		case event.ID != c.seen.RuntimeID:
		case !c.mayRun():
			r.noteRevival(event)
		// an end in the millisecond of the start may be the one before a restart
		case event.Ended && c.phase == phaseRunning && c.again == nil && event.At > c.startedAt:
			c.seeEnd(event)
			return
		default:
			c.stale = true
			return
		}
	}
	if hold {
		r.held = append(r.held, event)
	}
}

func (r *Runner) giveSlot() {
	if r.hasSlot {
		<-r.cfg.Slots
		r.hasSlot = false
	}
}
