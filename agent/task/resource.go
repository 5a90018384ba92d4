package task

import (
	"context"
	"errors"
	"slices"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// Resource is one kind of thing that tasks need besides their containers, such as a network. It
// exists before the first container of a task is created, and goes after the last one has ended.
// Its methods may be called from many goroutines.
type Resource interface {
	// Name is for people and for steps: network.
	Name() string
	// Needs reports whether a task needs the resource.
	Needs(as structs.Assignment) bool
	// Prepare makes the resource of a task exist. It is called again by an agent that adopts the
	// task, and finds what an earlier process prepared. It fails with an *runtime.Error if the task
	// cannot have it, and the task then ends; any other error means that it is tried again.
	Prepare(ctx context.Context, as structs.Assignment) (runtime.Shared, error)
	// Release removes the resource of a task whose containers have ended. They may still exist. It
	// is not an error if there is none.
	Release(ctx context.Context, task string) error
	// Sweep removes what belongs to none of the tasks that the agent holds: the rest of tasks whose
	// release did not finish, and what can go only after their containers.
	Sweep(ctx context.Context, holds func(task string) bool) error
}

// BeforeCreate is a Resource that only the creation of containers needs. A task whose containers
// all exist does without it.
type BeforeCreate interface{ OnlyBeforeCreate() }

// Watched is a Resource that a task can lose while its containers run.
type Watched interface {
	// Lost returns why the task no longer has the resource, for people; empty if it still has it.
	// pauseEnded means that the engine just reported the end of a pause of the task. It must not
	// wait.
	Lost(task string, pauseEnded bool) (why string)
}

// Lasting is a Resource with something that is not one task's.
type Lasting interface {
	Resource
	// Run works in the background until ctx ends. What tasks use stays.
	Run(ctx context.Context)
	// RemoveAll removes everything that was made for the instance. No task runs any more, and
	// neither does Run.
	RemoveAll(ctx context.Context) error
}

// Informed is a Resource that is told what is reported about tasks.
type Informed interface {
	// Reported takes what was reported of any task of the instance. It must not wait.
	Reported(structs.TaskUpdate)
}

// Offering is a Resource that instances show by attributes.
type Offering interface {
	// Attributes returns those that the instance has. It is called before each registration.
	Attributes(ctx context.Context) []structs.Attribute
}

// Updated is a Resource that can change while the containers of its task run.
type Updated interface {
	// Update makes the resource of a task what a newer assignment says. signal sends a signal to a
	// container of the task if it runs. Errors are as those of Prepare, but do not end the task: it
	// keeps what it has.
	Update(ctx context.Context, as structs.Assignment, signal func(container, signal string) error) error
}

// ResourceInitialization is ECS's name for the error of a resource that cannot be prepared.
const ResourceInitialization = "ResourceInitializationError"

// resource is a Resource of one task, as known to its runner.
type resource struct {
	Resource
	prepared bool
	released bool
	failed   string // why it cannot be prepared, or was lost
	shared   runtime.Shared

	newest   structs.Assignment // what it is to be, of an Updated
	outdated bool               // it may not be that yet
	problem  string             // why it cannot be
}

// resourcesOf returns those that a task needs, with its containers as they were found.
func resourcesOf(all []Resource, as structs.Assignment, containers []container) (list []resource) {
	missing := slices.ContainsFunc(containers, func(c container) bool { return c.phase < phaseCreated })
	for _, r := range all {
		_, before := r.(BeforeCreate)
		if r.Needs(as) && (missing || !before) {
			list = append(list, resource{Resource: r, newest: as, outdated: as.Task.Files != nil})
		}
	}
	return list
}

// prepare makes a resource exist.
func (r *Runner) prepare(ctx context.Context, res *resource) {
	err := runtime.Retry(ctx, r.log, func() (err error) {
		res.shared, err = res.Prepare(ctx, r.as)
		return err
	})
	if refusal, ok := errors.AsType[*runtime.Error](err); ok {
		res.failed = refusal.Error()
	}
	res.prepared = err == nil
}

// canUpdate reports whether a resource can change while containers run.
func (r *resource) canUpdate() bool {
	_, ok := r.Resource.(Updated)
	return ok
}

// bringUp makes a resource what the newest assignment says. running has the ids of the containers
// that run, by name.
func (r *Runner) bringUp(ctx context.Context, res *resource, running map[string]string) {
	signal := func(container, signal string) error {
		id := running[container]
		if id == "" {
			return nil
		}
		return runtime.Retry(ctx, r.log, func() error { return r.cfg.Engine.SignalContainer(ctx, id, signal) })
	}
	err := runtime.Retry(ctx, r.log, func() error { return res.Resource.(Updated).Update(ctx, res.newest, signal) })
	res.problem = ""
	if refusal, ok := errors.AsType[*runtime.Error](err); ok {
		res.problem = refusal.Reason
		r.log.Warn("a resource of the task cannot be updated", "resource", res.Name(), "error", err)
	}
	res.outdated = err != nil && res.problem == ""
}

// broughtUp records the result of bringUp. A newer assignment may have come meanwhile.
func (r *Runner) broughtUp(res *resource, was resource) {
	if newer := res.newest; newer.Task.Files.Wanted != was.newest.Task.Files.Wanted {
		was.newest, was.outdated = newer, true
	}
	*res = was
	if res.outdated {
		return
	}
	files := structs.FilesState{Applied: res.newest.Task.Files.Wanted, Problem: res.problem}
	if res.problem != "" {
		files.Applied = 0
		if r.update.Files != nil {
			files.Applied = r.update.Files.Applied
		}
	}
	r.update.Files = &files
	r.report(r.update.Status)
}

// running returns the ids of the containers that run, by their names in the definition.
func (r *Runner) running() map[string]string {
	ids := map[string]string{}
	for _, c := range r.containers {
		if c.phase == phaseRunning {
			ids[c.seen.Name] = c.seen.RuntimeID
		}
	}
	return ids
}

// follow notes that resources may have changed with a newer assignment.
func (r *Runner) follow(newer structs.Assignment) {
	for i := range r.resources {
		if res := &r.resources[i]; res.canUpdate() && newer.Task.Files != nil {
			res.newest, res.outdated = newer, true
		}
	}
}

// release removes a resource. One that cannot be removed is left to the sweeper.
func (r *Runner) release(ctx context.Context, res *resource) {
	err := runtime.Retry(ctx, r.log, func() error { return res.Release(ctx, r.as.Task.ID) })
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		r.log.Warn("cannot release a resource of the task", "resource", res.Name(), "error", err)
	}
	res.released = true
}

// checkResources ends the task if it has lost a resource.
func (r *Runner) checkResources(events []runtime.Event) {
	pauseEnded := slices.ContainsFunc(events, func(e runtime.Event) bool { return e.Pause })
	for i := range r.resources {
		res := &r.resources[i]
		if watched, ok := res.Resource.(Watched); ok && res.prepared && res.failed == "" {
			res.failed = watched.Lost(r.as.Task.ID, pauseEnded)
		}
	}
}

// shared returns what the resources of the task provide together.
func (r *Runner) shared() (all runtime.Shared) {
	for _, res := range r.resources {
		all = all.With(res.shared)
	}
	return all
}
