package task

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"sync"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// Run returns when the task has ended. It also returns when ctx ends; the containers then run on.
func (r *Runner) Run(ctx context.Context) {
	defer r.giveSlot()
	calling, end := context.WithCancel(ctx) // also ends when the task is given up
	defer end()
	defer context.AfterFunc(r.trying, end)()
	preparing, cancel := context.WithCancel(calling) // also ends when the task is asked to stop
	defer cancel()
	defer context.AfterFunc(r.asked, cancel)()
	for ctx.Err() == nil {
		if r.trying.Err() != nil {
			r.abandon()
			return
		}
		next := decide(r.asked.Err() != nil, r.containers, r.resources)
		if !needSlot(next.steps) {
			r.giveSlot()
		}
		switch {
		case len(next.steps) > 0:
			r.take(calling, preparing, next.steps)
		case !next.done: // the remaining steps wait for something to be seen
			r.wait(calling)
		case next.down:
			r.finish()
			return
		case r.comeUp():
			r.report(structs.TaskRunning)
			r.wait(calling)
		}
	}
}

// take runs steps, all at the same time, and returns when all have ended.
func (r *Runner) take(calling, preparing context.Context, steps []step) {
	about := make([][]*container, len(steps)) // computed before a step runs and changes any
	for i, s := range steps {
		r.announce(s)
		about[i] = r.about(s)
	}
	if needSlot(steps) && !r.takeSlot(preparing) {
		return
	}
	pulling, giveUp := context.WithCancel(preparing)
	defer giveUp()
	var wg sync.WaitGroup
	for i, s := range steps {
		wg.Go(func() {
			switch s.kind {
			case pullImage:
				r.pull(pulling, s.of, about[i], giveUp)
			case prepareResource:
				r.prepare(preparing, r.resource(s.of))
			case createContainer:
				r.create(calling, preparing, about[i][0])
			case startContainer:
				r.start(calling, preparing, about[i][0])
			case endContainer:
				r.end(calling, about[i][0])
			case releaseResource:
				r.release(calling, r.resource(s.of))
			}
		})
	}
	wg.Wait()
	if has(steps, pullImage) && preparing.Err() == nil {
		r.update.PullStoppedAt = cmp.Or(r.update.PullStoppedAt, r.cfg.Now())
	}
	if has(steps, endContainer) && calling.Err() == nil {
		r.report(structs.TaskDeprovisioning)
	}
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

func has(steps []step, kinds ...kind) bool {
	return slices.ContainsFunc(steps, func(s step) bool { return slices.Contains(kinds, s.kind) })
}

// about returns the containers that a step changes: the one that it is done to, or all that wait
// for an image. No two steps that are taken at the same time are about the same one.
func (r *Runner) about(s step) (list []*container) {
	for i := range r.containers {
		c := &r.containers[i]
		if s.kind == pullImage && c.image() == s.of && c.phase == phaseNone || s.kind != pullImage && c.key == s.of {
			list = append(list, c)
		}
	}
	return list
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

// wait waits for something to happen, and looks at the containers that it is about.
func (r *Runner) wait(ctx context.Context) {
	select {
	case <-r.poked:
		events, listed := r.takeNews()
		for _, event := range events {
			r.look(ctx, event)
		}
		for i := range r.containers {
			if c := &r.containers[i]; listed != nil && c.mayRun() && !c.isAs(listed) {
				r.inspect(ctx, c)
			}
		}
	case <-r.asked.Done():
	case <-ctx.Done():
	}
}

// look brings the containers that an event is about up to date.
func (r *Runner) look(ctx context.Context, event runtime.Event) {
	for i := range r.containers {
		c := &r.containers[i]
		switch {
		case !c.mayRun() || event.ID != "" && event.ID != c.seen.RuntimeID:
		case event.Ended && c.phase == phaseRunning:
			c.seeEnd(event)
		default:
			r.inspect(ctx, c)
		}
	}
}

// needSlot reports whether a runner needs a slot to take steps.
func needSlot(steps []step) bool { return has(steps, createContainer, startContainer) }

// takeSlot waits for a slot. It returns false if ctx ended first.
func (r *Runner) takeSlot(ctx context.Context) bool {
	if r.hasSlot {
		return true
	}
	select {
	case r.cfg.Slots <- struct{}{}:
		r.hasSlot = true
	case <-ctx.Done():
	}
	return r.hasSlot
}

func (r *Runner) giveSlot() {
	if r.hasSlot {
		<-r.cfg.Slots
		r.hasSlot = false
	}
}
