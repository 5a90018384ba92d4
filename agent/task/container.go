package task

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// The reasons of a container that come from the agent. The first is ECS's text.
const (
	reasonOutOfMemory = "OutOfMemoryError: Container killed due to memory usage"
	reasonRemoved     = "container was removed"
	cannotStart       = "CannotStartContainerError"
	cannotStop        = "CannotStopContainerError"
)

// container is one container of a task, as known to its runner. Only Run touches it. A step works
// on a copy, which takes its place when the step has ended.
type container struct {
	key       string // unique within the task; a definition may use a name twice
	spec      runtime.ContainerSpec
	essential bool
	needs     []need // what it waits for before it starts
	phase     phase
	failed    bool              // it ended without ever having run
	asked     bool              // the agent has asked it to end
	final     bool              // it is not started again when it ends
	again     *int32            // its exit code, if it ended and is to be started again
	stale     bool              // it may have changed since it was last seen
	seen      structs.Container // as it is reported
	startedAt structs.Time      // zero: never, or not known
	endedAt   structs.Time      // zero: not yet, or not known
}

// image returns what the containers have in common that wait for the same pull: the image, by whose
// credentials, and what its tag means.
func (c container) image() string {
	def := &c.spec.Definition
	key := []string{def.Image}
	if def.RepositoryCredentials != nil {
		key = append(key, "by", def.RepositoryCredentials.CredentialsParameter)
	}
	if def.VersionConsistency == structs.VersionConsistencyDisabled {
		key = append(key, "not pinned")
	} else if c.spec.Digest != "" {
		key = append(key, "pinned to", c.spec.Digest)
	}
	return strings.Join(key, " ")
}

func (c container) mayRun() bool { return c.phase == phaseCreated || c.phase == phaseRunning }

// adopt returns the containers of a task, from the server's record of it and from those that the
// engine has. If they disagree, the engine is right, but a reason that was reported stays. asked
// means that an earlier process of the agent had begun to end the containers.
func adopt(specs []runtime.ContainerSpec, task *structs.Task, found []runtime.ContainerState, asked bool) []container {
	containers := make([]container, len(specs))
	for i, spec := range specs {
		name := spec.Definition.Name
		c := container{key: fmt.Sprint(i, " ", name), spec: spec, asked: asked, final: asked}
		c.essential = spec.Definition.IsEssential()
		if at := slices.IndexFunc(task.Containers, func(s structs.Container) bool { return s.Name == name }); at >= 0 {
			c.seen = task.Containers[at]
		}
		c.seen.Name = name
		c.startedAt = c.seen.StartedAt
		c.final = c.final || c.seen.LastStatus == structs.TaskStopped
		at := slices.IndexFunc(found, func(s runtime.ContainerState) bool { return s.Name == spec.Name })
		switch {
		case at >= 0:
			known := c.seen
			c.see(found[at])
			switch {
			case known.LastStatus != structs.TaskStopped:
			case c.phase == phaseCreated: // it had to wait for another container in vain
				c.fail(known.Reason)
			case c.phase == phaseEnded:
				c.seen.Reason = known.Reason
			}
		case c.seen.LastStatus == structs.TaskStopped:
			c.failed = c.seen.ExitCode == nil && c.seen.Reason != reasonRemoved
			c.end(c.seen.Reason)
		case c.seen.RuntimeID != "" || task.LastStatus >= structs.TaskRunning:
			c.end(reasonRemoved)
		default:
			c.seen.LastStatus = structs.TaskPending
		}
		containers[i] = c
	}
	for i := range containers {
		containers[i].needs = needsOf(&containers[i].spec.Definition, containers)
	}
	return containers
}

// see records the engine's state of the container. It keeps the ports, which a container loses when
// it ends.
func (c *container) see(s runtime.ContainerState) {
	if c.restarts() {
		if c.startedAt != 0 && s.StartedAt > c.startedAt {
			c.seen.RestartCount++
		}
		c.seen.StartedAt = s.StartedAt
	}
	c.again = nil
	c.seen.RuntimeID = s.ID
	c.seen.ImageDigest = cmp.Or(s.Image, c.seen.ImageDigest)
	c.seen.HealthStatus = cmp.Or(s.Health, c.seen.HealthStatus)
	if len(s.Bindings) > 0 {
		c.seen.NetworkBindings = s.Bindings
	}
	c.startedAt, c.endedAt = s.StartedAt, s.FinishedAt
	switch s.State {
	case runtime.ContainerCreated:
		c.phase, c.seen.LastStatus = phaseCreated, structs.TaskPending
	case runtime.ContainerRunning:
		c.phase, c.seen.LastStatus = phaseRunning, structs.TaskRunning
	case runtime.ContainerExited:
		c.seeExit(s)
	}
}

// isAs reports whether the engine's list has the container as it was last seen.
func (c *container) isAs(list []runtime.ContainerState) bool {
	at := slices.IndexFunc(list, func(s runtime.ContainerState) bool { return s.ID == c.seen.RuntimeID })
	if at < 0 {
		return false
	}
	s := list[at]
	return (s.State == runtime.ContainerRunning) == (c.phase == phaseRunning) &&
		cmp.Or(s.Health, c.seen.HealthStatus) == c.seen.HealthStatus
}

// seeEnd records the event that a running container ended.
func (c *container) seeEnd(e runtime.Event) {
	c.endedAt = e.At
	c.seeExit(runtime.ContainerState{ExitCode: e.ExitCode, OOMKilled: e.OOMKilled, StartedAt: c.startedAt})
}

// seeExit records how a container ended, or that it is to be started again. As with ECS's agent,
// lack of memory is the reason regardless of the exit code: the killed process may not be the
// container's first. An end that the agent asked for never has that reason.
func (c *container) seeExit(s runtime.ContainerState) {
	if s.StartedAt == 0 {
		c.fail(cannotStart + ": " + cmp.Or(s.Error, "the container did not start"))
		return
	}
	if c.toRestart(s.ExitCode) {
		c.phase, c.seen.LastStatus, c.again = phaseRunning, structs.TaskRunning, new(s.ExitCode)
		return
	}
	reason := s.Error
	if s.OOMKilled && !c.asked {
		reason = reasonOutOfMemory
	}
	c.seen.ExitCode = new(s.ExitCode)
	c.end(reason)
}

// fail ends a container that could not be started.
func (c *container) fail(reason string) {
	c.failed = true
	c.end(reason)
}

func (c *container) end(reason string) {
	c.phase, c.seen.LastStatus, c.seen.Reason = phaseEnded, structs.TaskStopped, reason
}
