package docker

import (
	"context"
	"errors"

	"github.com/gantry-project/gantry/agent/runtime"
)

var errNoContainer = errors.New("no such container")

// StartContainer starts a created container and returns its state after the start. Its id may be another one
// then, which comes with an error too. Docker would start one again that has ended, and an agent
// that adopts it must not: so its state is asked first, which takes a hundredth of the start's
// time.
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

// mustInspect inspects a container that has to be there to be started.
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
