package docker

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
)

// StopContainer sends the stop signal (the image's, or SIGTERM if it names none), and SIGKILL after
// timeout seconds, and returns when the container has ended. A container that does not exist has
// ended.
func (e *Engine) StopContainer(ctx context.Context, id string, timeout int) error {
	_, ok, err := e.InspectContainer(ctx, id)
	if err != nil || !ok {
		return err
	}
	err = e.api.ContainerStop(ctx, id, container.StopOptions{Timeout: &timeout})
	if err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("stop container %s: %w", id, err)
	}
	return nil
}

// SignalContainer sends a signal to a container. It is not an error if that does not run: the
// engine then answers that there is a conflict.
func (e *Engine) SignalContainer(ctx context.Context, id, signal string) error {
	_, ok, err := e.InspectContainer(ctx, id)
	if err != nil || !ok {
		return err
	}
	err = e.api.ContainerKill(ctx, id, signal)
	if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
		return fmt.Errorf("send %s to container %s: %w", signal, id, err)
	}
	return nil
}

// RemoveContainer removes a container, by force, with its anonymous volumes. It is not an error if
// there is no such container.
func (e *Engine) RemoveContainer(ctx context.Context, id string) error {
	_, ok, err := e.InspectContainer(ctx, id)
	if err != nil || !ok {
		return err
	}
	err = e.api.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true})
	// A conflict means that somebody else is already removing it.
	if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
		return fmt.Errorf("remove container %s: %w", id, err)
	}
	return nil
}
