package docker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"golang.org/x/sync/errgroup"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// inspectsAtOnce is the maximum number of calls that one ListContainers makes at a time.
const inspectsAtOnce = 8

// ListContainers lists this instance's containers, running or not, except pauses. It leaves out
// containers that are removed in the meantime.
func (e *Engine) ListContainers(ctx context.Context) ([]runtime.ContainerState, error) {
	summaries, err := e.api.ContainerList(ctx, container.ListOptions{
		All:     true,
		Filters: filters.NewArgs(filters.Arg("label", runtime.LabelInstance+"="+e.instance)),
	})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	summaries = slices.DeleteFunc(summaries, func(s container.Summary) bool { return isPause(s.Labels) })
	// The list lacks exit codes, errors and times, so each container is inspected.
	states := make([]runtime.ContainerState, len(summaries))
	group, inspecting := errgroup.WithContext(ctx)
	group.SetLimit(inspectsAtOnce)
	for i, s := range summaries {
		group.Go(func() (err error) {
			states[i], _, err = e.InspectContainer(inspecting, s.ID)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	states = slices.DeleteFunc(states, func(s runtime.ContainerState) bool { return s.ID == "" })
	return e.withoutReplaced(ctx, states)
}

// InspectContainer returns a container's state; ok is false if this instance has no such container.
func (e *Engine) InspectContainer(ctx context.Context, id string) (state runtime.ContainerState, ok bool, err error) {
	c, err := e.api.ContainerInspect(ctx, id)
	switch {
	case errdefs.IsNotFound(err):
		return runtime.ContainerState{}, false, nil
	case err != nil:
		return runtime.ContainerState{}, false, fmt.Errorf("inspect container %s: %w", id, err)
	case !e.owns(c.Config.Labels):
		return runtime.ContainerState{}, false, nil
	}
	return stateOf(c), true, nil
}

// stateOf reads Docker's description of a container.
func stateOf(c container.InspectResponse) runtime.ContainerState {
	state := runtime.ContainerState{
		ID:         c.ID,
		Name:       strings.TrimPrefix(c.Name, "/"),
		Labels:     c.Config.Labels,
		State:      phase(c),
		OOMKilled:  c.State.OOMKilled,
		Error:      c.State.Error,
		StartedAt:  timeOf(c.State.StartedAt),
		FinishedAt: timeOf(c.State.FinishedAt),
		Image:      c.Config.Labels[labelDigest],
		Health:     health(c.State.Health),
	}
	switch state.State {
	case runtime.ContainerExited:
		state.ExitCode = int32(c.State.ExitCode)
	case runtime.ContainerRunning:
		state.Bindings, state.PID = networkBindings(c), c.State.Pid
	}
	return state
}

// phase folds Docker's seven states into three. Docker leaves a container that could not be started
// in "created", with an error. Such a container has ended; otherwise it would be tried forever. The
// exceptions are one that start replaces, and one whose start was cut off: an agent may have been
// killed before it went on.
func phase(c container.InspectResponse) string {
	switch c.State.Status {
	case container.StateCreated:
		if text := c.State.Error; text != "" && !changeable(c, text) && !cutOff(text) {
			return runtime.ContainerExited
		}
		return runtime.ContainerCreated
	case container.StateRunning, container.StatePaused, container.StateRestarting:
		return runtime.ContainerRunning
	default: // exited, dead, removing
		return runtime.ContainerExited
	}
}

// cutOff reports whether a start failed only since its caller went away (26.1, 28.5; the start of
// 20.10 goes on).
func cutOff(text string) bool { return strings.Contains(text, context.Canceled.Error()) }

// timeOf parses a time of Docker, which writes the year 1 for "never".
func timeOf(s string) structs.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0
	}
	return structs.TimeOf(t)
}

// health returns ECS's word for Docker's health status, or "" if there is no health check.
func health(h *container.Health) string {
	if h == nil {
		return ""
	}
	switch h.Status {
	case container.Healthy:
		return "HEALTHY"
	case container.Unhealthy:
		return "UNHEALTHY"
	case container.Starting:
		return "UNKNOWN"
	default:
		return ""
	}
}
