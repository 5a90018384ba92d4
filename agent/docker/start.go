package docker

import (
	"context"
	"errors"

	"github.com/containerd/errdefs"
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
	c, err := e.mustInspect(ctx, id)
	if err != nil {
		return runtime.ContainerState{}, err
	}
	if state := stateOf(c); state.State != runtime.ContainerCreated {
		return state, nil
	}
	if id, err = e.start(ctx, c); err != nil {
		return runtime.ContainerState{ID: id}, failure(ctx, cannotStart, err)
	}
	if c, err = e.mustInspect(ctx, id); err != nil {
		return runtime.ContainerState{ID: id}, err
	}
	return stateOf(c), nil
}

// RestartContainer starts an ended container again, and returns its state after the start. It does
// nothing if the container was started since startedAt: an earlier call may have done it unseen.
func (e *Engine) RestartContainer(ctx context.Context, id string, startedAt structs.Time) (runtime.ContainerState, error) {
	c, err := e.mustInspect(ctx, id)
	if err != nil {
		return runtime.ContainerState{}, err
	}
	if state := stateOf(c); state.State != runtime.ContainerExited || state.StartedAt != startedAt {
		return state, nil
	}
	if err := e.api.ContainerStart(ctx, id, container.StartOptions{}); err != nil {
		return runtime.ContainerState{}, failure(ctx, cannotStart, err)
	}
	if c, err = e.mustInspect(ctx, id); err != nil {
		return runtime.ContainerState{}, err
	}
	return stateOf(c), nil
}

// mustInspect inspects a container of this instance, which must exist to be started.
func (e *Engine) mustInspect(ctx context.Context, id string) (container.InspectResponse, error) {
	c, err := e.api.ContainerInspect(ctx, id)
	if errdefs.IsNotFound(err) || err == nil && !e.owns(c.Config.Labels) {
		err = errNoContainer
	}
	if err != nil {
		return c, failure(ctx, cannotStart, err)
	}
	return c, nil
}
