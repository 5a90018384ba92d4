package agent

import (
	"cmp"
	"slices"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// The reasons of a container that the agent words itself; the first is ECS's text.
const (
	reasonOutOfMemory = "OutOfMemoryError: Container killed due to memory usage"
	reasonRemoved     = "container was removed"
	cannotStart       = "CannotStartContainerError"
	cannotStop        = "CannotStopContainerError"
)

// part is one container of a task, as far as its runner knows. Only the runner touches it.
type part struct {
	spec      runtime.ContainerSpec
	essential bool
	phase     phase
	failed    bool              // it ended without ever having run
	asked     bool              // the agent asked it to end
	seen      structs.Container // what is reported of it
	startedAt structs.Time      // zero: never, or not known
	endedAt   structs.Time      // likewise
}

func (p part) mayRun() bool { return p.phase == phaseCreated || p.phase == phaseRunning }

// adopt makes the parts of a task from the server's record of it and the containers of it that the
// runtime has. Where they disagree, the runtime is right, but a reason that was reported stands.
// Asked says that an earlier process of the agent had begun to end the task's containers.
func adopt(specs []runtime.ContainerSpec, task *structs.Task, found []runtime.ContainerState, asked bool) []part {
	parts := make([]part, len(specs))
	for i, spec := range specs {
		p := part{spec: spec, essential: spec.Definition.IsEssential(), asked: asked}
		name := spec.Definition.Name
		if at := slices.IndexFunc(task.Containers, func(c structs.Container) bool { return c.Name == name }); at >= 0 {
			p.seen = task.Containers[at]
		}
		p.seen.Name = name
		at := slices.IndexFunc(found, func(s runtime.ContainerState) bool { return s.Name == spec.Name })
		switch {
		case at >= 0:
			known := p.seen
			p.see(found[at])
			if p.phase == phaseEnded && known.LastStatus == structs.TaskStopped {
				p.seen.Reason = known.Reason
			}
		case p.seen.LastStatus == structs.TaskStopped:
			p.end(p.seen.Reason)
		case p.seen.RuntimeID != "" || task.LastStatus >= structs.TaskRunning:
			p.end(reasonRemoved)
		default:
			p.seen.LastStatus = structs.TaskPending
		}
		parts[i] = p
	}
	return parts
}

// see takes in what the runtime says of the container. What a container loses by ending (its ports)
// is kept as it was.
func (p *part) see(s runtime.ContainerState) {
	p.seen.RuntimeID = s.ID
	p.seen.ImageDigest = cmp.Or(s.Image, p.seen.ImageDigest)
	p.seen.HealthStatus = cmp.Or(s.Health, p.seen.HealthStatus)
	if len(s.Bindings) > 0 {
		p.seen.NetworkBindings = s.Bindings
	}
	p.startedAt, p.endedAt = s.StartedAt, s.FinishedAt
	switch s.State {
	case runtime.ContainerCreated:
		p.phase, p.seen.LastStatus = phaseCreated, structs.TaskPending
	case runtime.ContainerRunning:
		p.phase, p.seen.LastStatus = phaseRunning, structs.TaskRunning
	case runtime.ContainerExited:
		p.seeExit(s)
	}
}

// isAs reports whether the runtime's list has the container as it was last seen.
func (p *part) isAs(list []runtime.ContainerState) bool {
	at := slices.IndexFunc(list, func(s runtime.ContainerState) bool { return s.ID == p.seen.RuntimeID })
	if at < 0 {
		return false
	}
	s := list[at]
	return (s.State == runtime.ContainerRunning) == (p.phase == phaseRunning) && cmp.Or(s.Health, p.seen.HealthStatus) == p.seen.HealthStatus
}

// seeEnd takes in the event of a running container's end.
func (p *part) seeEnd(e runtime.Event) {
	p.endedAt = e.At
	p.seeExit(runtime.ContainerState{ExitCode: e.ExitCode, OOMKilled: e.OOMKilled, StartedAt: p.startedAt})
}

// seeExit takes in how a container ended. Lack of memory is the reason whatever the exit code, as
// with ECS's agent: the killed process may be another than the container's first. An end that the
// agent asked for has no such reason.
func (p *part) seeExit(s runtime.ContainerState) {
	if s.StartedAt == 0 {
		p.fail(cannotStart + ": " + cmp.Or(s.Error, "the container did not start"))
		return
	}
	reason := s.Error
	if s.OOMKilled && !p.asked {
		reason = reasonOutOfMemory
	}
	p.seen.ExitCode = new(s.ExitCode)
	p.end(reason)
}

// fail ends a container that could not be made to run.
func (p *part) fail(reason string) {
	p.failed = true
	p.end(reason)
}

func (p *part) end(reason string) {
	p.phase, p.seen.LastStatus, p.seen.Reason = phaseEnded, structs.TaskStopped, reason
}
