package docker

import (
	"context"
	"errors"

	"github.com/docker/docker/api/types/container"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

var errNoContainer = errors.New("no such container")

// StartContainer starts a created container and returns its state after the start. The id may
// change, and is set even if there is an error. Docker would restart a container that has ended,
// which an agent that adopts it must not do. So the container is inspected first, which takes a
// hundredth of the time of a start.
func (e *Engine) StartContainer(ctx context.Context, id string) (runtime.ContainerState, error) {
	state, err := e.mustInspect(ctx, id)
	if err != nil || state.State != runtime.ContainerCreated {
		return state, err
	}
	if id, err = e.start(ctx, id); err != nil {
		return runtime.ContainerState{ID: id}, failure(ctx, cannotStart, err)
	}
	return e.mustInspect(ctx, id)
}

// RestartContainer starts an ended container again, and returns its state after the start. It does
// nothing if the container was started since startedAt: an earlier call may have done it unseen.
func (e *Engine) RestartContainer(ctx context.Context, id string, startedAt structs.Time) (runtime.ContainerState, error) {
	state, err := e.mustInspect(ctx, id)
	if err != nil || state.State != runtime.ContainerExited || state.StartedAt != startedAt {
		return state, err
	}
	if err := e.api.ContainerStart(ctx, id, container.StartOptions{}); err != nil {
		return runtime.ContainerState{}, failure(ctx, cannotStart, err)
	}
	return e.mustInspect(ctx, id)
}

// mustInspect inspects a container, which must exist to be started.
func (e *Engine) mustInspect(ctx context.Context, id string) (runtime.ContainerState, error) {
	state, ok, err := e.InspectContainer(ctx, id)
	if err == nil && !ok {
		err = errNoContainer
	}
	if err != nil {
		return runtime.ContainerState{}, failure(ctx, cannotStart, err)
	}
	return state, nil
}
