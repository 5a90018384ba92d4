package cgroup

import (
	"context"
	"errors"
	"sync"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/structs"
)

// Limits are the cgroups of the tasks of one instance. It is a task.Resource.
type Limits struct {
	machine  *Machine
	instance string

	// tree is locked for reading while a task's cgroup is made, and for writing while cgroups are
	// removed that a task could begin to use.
	tree sync.RWMutex
	mu   sync.Mutex
	// held has true for each task whose cgroup this process made, and false for those whose
	// removal failed.
	held map[string]bool
}

var _ task.Resource = (*Limits)(nil)

// Limits returns the cgroups of an instance's tasks.
func (m *Machine) Limits(instance string) *Limits {
	return &Limits{machine: m, instance: instance, held: map[string]bool{}}
}

// Name returns limits.
func (l *Limits) Name() string { return "limits" }

// Needs reports true for every task if there are cgroups: each has a weight beside the others.
func (l *Limits) Needs(as structs.Assignment) bool {
	cpu, _ := as.Definition.Limits(as.Overrides)
	return l.machine.why == nil || cpu > 0 || l.machine.pids > 0
}

// Prepare makes the cgroup of a task. Where there are no cgroups it returns the limits that each
// container gets.
func (l *Limits) Prepare(_ context.Context, as structs.Assignment) (runtime.Shared, error) {
	a := amountsOf(as, l.machine.pids)
	if l.machine.why != nil {
		return runtime.Shared{CPULimit: a.cpu, PIDsLimit: a.pids}, nil
	}
	l.tree.RLock()
	defer l.tree.RUnlock()
	l.note(as.Task.ID, true)
	g := l.group(as.Task.ID)
	if err := l.machine.create(g, l.machine.resources(a)); err != nil {
		return runtime.Shared{}, &runtime.Error{Name: task.ResourceInitialization, Reason: err.Error()}
	}
	return runtime.Shared{CgroupParent: l.machine.name(g)}, nil
}

// Release removes the cgroup of a task whose containers have ended. If processes are left, it
// leaves the cgroup to Sweep.
func (l *Limits) Release(_ context.Context, id string) error {
	if l.machine.why != nil {
		return nil
	}
	err := l.machine.remove(l.group(id))
	if err != nil {
		l.machine.log.Debug("the cgroup of a task is left to the next cleanup", "task", id, "error", err)
		l.note(id, false)
		return nil
	}
	l.forget(id)
	l.tidy()
	return nil
}

// Sweep removes the cgroups of tasks that the agent does not hold, and those that Release could not
// remove. One that an agent holds and has not prepared yet stays: its containers may be there.
func (l *Limits) Sweep(_ context.Context, holds func(task string) bool) error {
	if l.machine.why != nil {
		return nil
	}
	there, err := l.machine.members(group{root, l.instance})
	if err != nil || len(there) == 0 {
		return err
	}
	var errs []error
	for id := range there {
		errs = append(errs, l.sweep(id, holds))
	}
	l.tidy()
	return errors.Join(errs...)
}

func (l *Limits) sweep(id string, holds func(task string) bool) error {
	l.tree.Lock()
	defer l.tree.Unlock()
	if made, known := l.state(id); holds(id) && (made || !known) {
		return nil
	}
	err := l.machine.remove(l.group(id))
	if err == nil {
		l.forget(id)
	}
	if errors.Is(err, errBusy) { // its containers are being ended
		return nil
	}
	return err
}

// tidy removes the instance's own cgroup when no task has one. The next task makes it again.
func (l *Limits) tidy() {
	l.tree.Lock()
	defer l.tree.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.held) == 0 {
		_ = l.machine.remove(group{root, l.instance}) // busy: a task that was not prepared runs
	}
}

func (l *Limits) group(task string) group { return group{root, l.instance, task} }

func (l *Limits) note(id string, made bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held[id] = made
}

func (l *Limits) forget(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, id)
}

func (l *Limits) state(id string) (made, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	made, known = l.held[id]
	return made, known
}
