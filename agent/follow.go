package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// streamSilence is how long a stream may say nothing before it counts as lost: a connection whose
// other end has vanished looks like one on which nothing happens.
const streamSilence = 15 * time.Second

// leaseWait is how long the agent waits at most before it registers, or opens a stream, again:
// until it beats on one, its lease runs out.
const leaseWait = 250 * time.Millisecond

// listAgain is how long the agent waits before it asks an engine again that refused to list
// containers.
const listAgain = time.Second

// follow reads the instance's stream until ctx ends, and opens another stream when one ends. To a
// server that has forgotten the instance it registers again.
func (a *Agent) follow(ctx context.Context) {
	b := backoff{most: leaseWait}
	for ctx.Err() == nil {
		err := a.followStream(ctx, &b)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, errMoves) {
			a.log.Info("opening another stream of assignments", "reason", err)
			continue
		}
		a.log.Warn("lost the stream of assignments; opening another, tasks run on", "error", err)
		if structs.KindOf(err) == structs.KindResourceNotFound {
			a.registerAgain(ctx)
		}
		b.wait(ctx)
	}
}

// followStream returns when the stream ends. A stream that gives frames resets the backoff.
func (a *Agent) followStream(ctx context.Context, b *backoff) error {
	stream, err := a.cfg.Server.Stream(ctx, a.instance, a.registration.Version)
	if err != nil {
		return err
	}
	defer stream.Close()
	defer context.AfterFunc(ctx, func() { stream.Close() })()
	beating, stop := context.WithCancel(ctx)
	defer stop()
	a.work.Go(func() { a.beat(beating, stream) })
	for {
		silence := time.AfterFunc(streamSilence, func() { stream.Close() })
		frame, err := stream.Next()
		silence.Stop()
		if err != nil {
			return err
		}
		if frame.Full && frame.Index < a.index { // it lacks tasks that run here by right
			return fmt.Errorf("the server's state (index %d) is older than what it told before (%d)", frame.Index, a.index)
		}
		if frame.Deregistered {
			a.log.Warn("this container instance was deregistered: it gets no work, and its tasks are stopped. To have it back, start this agent again; else stop the agent")
		}
		a.index = max(a.index, frame.Index)
		a.inbox.put(frame)
		b.reset()
	}
}

// applyFull adopts the containers of tasks that the agent does not know yet, and ends tasks that
// the frame does not name.
func (a *Agent) applyFull(ctx context.Context, frame structs.AssignmentFrame) {
	found := map[string][]runtime.ContainerState{}
	if !a.knowsAll(frame) {
		looking, done := a.engine.whileHope(ctx)
		err := askEngine(looking, a.log, func() error {
			list, err := a.runtime.ListContainers(looking)
			for _, c := range list {
				task := c.Labels[runtime.LabelTask]
				found[task] = append(found[task], c)
			}
			return err
		})
		done()
		if err != nil {
			a.deliverNew(ctx, frame)
			if pauseFor(ctx, listAgain) {
				a.log.Warn("cannot list the containers of this instance; trying again", "error", err)
				a.inbox.putBack(frame)
			}
			return
		}
	}
	named := map[string]bool{}
	for _, as := range frame.Assignments {
		if r := a.deliver(ctx, as, found[as.Task.ID]); r != nil && r.ended() {
			r.republish()
		}
		named[as.Task.ID] = true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for task, r := range a.runners {
		if !named[task] && !r.ended() {
			r.log.Info("the task is none of this instance's any more; stopping it")
			r.stop()
		}
	}
	a.ready = true
	nudge(a.sweepNow)
}

// deliverNew gives a frame's new tasks to runners though the engine does not say what there is, so
// that they can be given up. Where this process has heard all before, a task that it does not know
// has no containers.
func (a *Agent) deliverNew(ctx context.Context, frame structs.AssignmentFrame) {
	if !a.Ready() {
		return
	}
	for _, as := range frame.Assignments {
		if as.Task.LastStatus < structs.TaskActivating {
			a.deliver(ctx, as, nil)
		}
	}
}

// knowsAll says whether each task of a frame has a runner: there is nothing to adopt.
func (a *Agent) knowsAll(frame structs.AssignmentFrame) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !slices.ContainsFunc(frame.Assignments, func(as structs.Assignment) bool { return a.runners[as.Task.ID] == nil })
}

// deliver gives an assignment to its runner, and gives that; a task that the agent does not know
// gets one, unless it has ended.
func (a *Agent) deliver(ctx context.Context, as structs.Assignment, found []runtime.ContainerState) *runner {
	task := as.Task
	a.mu.Lock()
	defer a.mu.Unlock()
	r, known := a.runners[task.ID]
	if !known {
		if task.LastStatus == structs.TaskStopped {
			return nil
		}
		r = a.newRunner(as, found)
		a.runners[task.ID] = r
	}
	// A task that was on its way down stays so: statuses do not go back.
	if task.DesiredStatus == structs.TaskStopped || task.LastStatus >= structs.TaskDeactivating {
		r.stop()
	}
	if a.killed[task.ID] {
		r.fence()
	}
	if !known {
		a.work.Go(func() {
			if r.run(ctx); r.startedAgain() {
				nudge(a.sweepNow)
			}
		})
	}
	return r
}
