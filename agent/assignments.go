package agent

import (
	"context"
	"slices"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

// listAgain is how long the agent waits after an engine refused to list containers.
const listAgain = time.Second

// act applies the assignments of servers to the runners, until ctx ends.
func (a *Agent) act(ctx context.Context) {
	for frame, ok := a.link.Next(ctx); ok; frame, ok = a.link.Next(ctx) {
		a.applyNetwork(frame)
		if frame.Full {
			a.applyFull(ctx, frame)
			continue
		}
		for _, as := range frame.Assignments {
			a.deliver(ctx, as, nil)
		}
	}
}

// applyFull adopts the containers of tasks that the agent does not know yet, and ends the tasks
// that a full frame does not name.
func (a *Agent) applyFull(ctx context.Context, frame structs.AssignmentFrame) {
	found := map[string][]runtime.ContainerState{}
	if !a.knowsAll(frame) {
		looking, done := a.engine.untilLost(ctx)
		err := runtime.Retry(looking, a.log, func() error {
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
			if wait.Sleep(ctx, listAgain) {
				a.log.Warn("cannot list the containers of this instance; trying again", "error", err)
				a.link.PutBack(frame)
			}
			return
		}
	}
	named := map[string]bool{}
	for _, as := range frame.Assignments {
		if r := a.deliver(ctx, as, found[as.Task.ID]); r != nil && r.Ended() {
			r.Republish()
		}
		named[as.Task.ID] = true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, r := range a.runners {
		if !named[id] && !r.Ended() {
			a.log.Info("the task no longer belongs to this instance; stopping it", "task", id)
			r.EndDrain()
			r.Stop()
		}
	}
	a.ready = true
	wait.Nudge(a.sweepNow)
}

// deliverNew gives a frame's new tasks to runners even though the engine does not list its
// containers, so that the tasks can be given up. Once this process has applied a full frame, a task
// that it does not know has no containers.
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

// knowsAll reports whether each task of a frame has a runner, so that there is nothing to adopt.
func (a *Agent) knowsAll(frame structs.AssignmentFrame) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !slices.ContainsFunc(frame.Assignments, func(as structs.Assignment) bool {
		return a.runners[as.Task.ID] == nil
	})
}

// deliver gives an assignment to its runner, which it returns. It makes a runner for a task that
// the agent does not know, unless the task has ended.
func (a *Agent) deliver(ctx context.Context, as structs.Assignment, found []runtime.ContainerState) *task.Runner {
	id, status := as.Task.ID, as.Task.LastStatus
	a.mu.Lock()
	defer a.mu.Unlock()
	r, known := a.runners[id]
	if !known {
		if status == structs.TaskStopped {
			return nil
		}
		r = task.New(a.tasks, as, found, a.killed[id])
		a.runners[id] = r
	}
	if known && (as.Task.Files != nil || len(as.Task.Targets) > 0 || status == structs.TaskStopped) {
		r.Assign(as)
	}
	// A task that was on its way down stays on its way down: statuses do not go back.
	if as.Task.DesiredStatus == structs.TaskStopped || status >= structs.TaskDeactivating {
		r.Stop()
	}
	if a.killed[id] {
		r.Fence()
	}
	if !known {
		a.work.Go(func() {
			if r.Run(ctx); r.StartedAgain() {
				wait.Nudge(a.sweepNow)
			}
		})
	}
	return r
}
