package agent

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// Runtime runs containers. agent/docker is the real one; testutil has a fake. All calls may come
// from many goroutines. An implementation sees and touches only containers whose
// structs.LabelInstance is the instance it was made for.
type Runtime interface {
	// Info describes the machine. Its error tells a person how to get an engine running.
	Info(ctx context.Context) (structs.RuntimeInfo, error)
	// Ping reports whether the engine works: an error says what is wrong.
	Ping(ctx context.Context) error
	// Containers lists this instance's containers, running or not.
	Containers(ctx context.Context) ([]structs.ContainerState, error)
	// Pull makes the image present. An image that is present under that exact reference is not
	// pulled again. Fails with *structs.RuntimeError (CannotPullContainerError).
	Pull(ctx context.Context, image string) error
	// Create makes a container and returns its id. A container of that name and the same labels is
	// found, not made twice. Fails with *structs.RuntimeError (CannotCreateContainerError).
	Create(ctx context.Context, spec structs.ContainerSpec) (id string, err error)
	// Start starts a created container and returns its state after the start; it may have been made
	// again, with another id, which comes with an error too. Starting a running one does nothing;
	// one that has ended already is not started again. Fails with *structs.RuntimeError
	// (CannotStartContainerError).
	Start(ctx context.Context, id string) (structs.ContainerState, error)
	// Inspect tells a container's state; ok is false when there is no such container.
	Inspect(ctx context.Context, id string) (state structs.ContainerState, ok bool, err error)
	// Stop sends the stop signal, and SIGKILL after timeout seconds, and returns when the container
	// has ended.
	Stop(ctx context.Context, id string, timeout int) error
	// Remove removes a container, by force, with its anonymous volumes. One that is not there is no
	// error.
	Remove(ctx context.Context, id string) error
	// Events sends a RuntimeEvent for every change of this instance's containers until ctx ends,
	// then closes the channel. It reconnects by itself, and sends one with an empty ID after each
	// (re)connection.
	Events(ctx context.Context) <-chan structs.RuntimeEvent
}
