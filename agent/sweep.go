package agent

import (
	"context"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/structs"
)

// listInterval is the longest time between two lists of the instance's containers. A change without
// an event from the engine goes unnoticed for that long.
const listInterval = time.Minute

// sweeper cleans up regularly, and whenever there are signs that something needs to be cleaned up.
func (a *Agent) sweeper(ctx context.Context) {
	ticker := time.NewTicker(min(max(a.cfg.CleanupWait/10, time.Second), listInterval))
	defer ticker.Stop()
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-a.sweepNow:
		case <-again:
		}
		again = nil
		if a.Ready() && a.sweep(ctx) { // before that, any container may be a task's
			again = time.After(sweepAgain)
		}
	}
}

// sweepAgain is how soon the sweeper checks again whether a task's end is in the log.
const sweepAgain = time.Second

// sweep shows each runner the containers of its task, ends containers that run for no task of this
// agent, removes those that ended CleanupWait ago or never started, and forgets the tasks whose
// containers are gone. A task whose end is not in the log yet keeps its containers: if this process
// died, the next one would learn of the end only from them. It reports whether a container of such
// a task runs.
func (a *Agent) sweep(ctx context.Context) (unsettled bool) {
	// before the list, which might otherwise show ended containers as running
	settled := a.settled()
	list, err := a.runtime.ListContainers(ctx)
	if err != nil {
		if ctx.Err() == nil {
			a.log.Warn("cannot list containers to clean up", "error", err)
		}
		return false
	}
	byTask := map[string][]runtime.ContainerState{}
	for _, c := range list {
		task := c.Labels[runtime.LabelTask]
		byTask[task] = append(byTask[task], c)
		if stoppedAt, ok := settled[task]; ok || !a.knows(task) {
			a.sweepContainer(ctx, c, max(stoppedAt, c.FinishedAt))
		} else if c.State == runtime.ContainerRunning && a.hasEnded(task) {
			unsettled = true
		}
	}
	for _, r := range a.tasks.Resources {
		if err := r.Sweep(ctx, a.knows); err != nil && ctx.Err() == nil {
			a.log.Warn("cannot clean up what ended tasks left", "resource", r.Name(), "error", err)
		}
	}
	a.forget(settled, byTask) // after that, since a sweep may find out that a task has lost something
	return unsettled
}

// forget shows each runner the containers of its task, and forgets the tasks whose containers are
// gone.
func (a *Agent) forget(settled map[string]structs.Time, byTask map[string][]runtime.ContainerState) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for task, r := range a.runners {
		r.Compare(byTask[task])
	}
	for task, stoppedAt := range settled {
		if a.due(stoppedAt) {
			delete(a.runners, task)
		}
	}
}

// settled returns the tasks whose end is in the log, and when they ended.
func (a *Agent) settled() map[string]structs.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	tasks := map[string]structs.Time{}
	for task, r := range a.runners {
		if r.Ended() && !a.link.Unreported(task) {
			tasks[task] = r.StoppedAt()
		}
	}
	return tasks
}

func (a *Agent) knows(task string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.runners[task] != nil
}

func (a *Agent) hasEnded(task string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.runners[task]
	return r != nil && r.Ended()
}

func (a *Agent) sweepContainer(ctx context.Context, c runtime.ContainerState, since structs.Time) {
	task := c.Labels[runtime.LabelTask]
	switch {
	case c.State == runtime.ContainerRunning:
		a.endOrphan(ctx, c)
	case c.State == runtime.ContainerCreated, a.due(since):
		if err := a.runtime.RemoveContainer(ctx, c.ID); err != nil && ctx.Err() == nil {
			a.log.Warn("cannot remove an ended container", "task", task, "container", c.Name, "error", err)
		}
	}
}

// due reports whether CleanupWait has passed since a time.
func (a *Agent) due(since structs.Time) bool {
	return !a.cfg.Now().Before(since.Std().Add(a.cfg.CleanupWait))
}

// endOrphan stops and removes a container in the background. If that fails, a later sweep tries
// again.
func (a *Agent) endOrphan(ctx context.Context, c runtime.ContainerState) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.orphans[c.ID] {
		return
	}
	a.orphans[c.ID] = true
	id := c.Labels[runtime.LabelTask]
	a.log.Info("ending a container that belongs to no task of this instance", "task", id, "container", c.Name)
	a.work.Go(func() {
		if err := endContainer(ctx, a.runtime, c, task.DefaultStopTimeout); err != nil && ctx.Err() == nil {
			a.log.Warn("cannot end a container", "task", id, "error", err)
		}
		a.mu.Lock()
		delete(a.orphans, c.ID)
		a.mu.Unlock()
	})
}
