package docker

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/gantry-project/gantry/agent/runtime"
)

// CreateContainer creates a container and returns its id. It is idempotent by name: if the agent
// crashes before it has recorded the id, the next call finds the container by its name and labels.
func (e *Engine) CreateContainer(ctx context.Context, spec runtime.ContainerSpec) (id string, err error) {
	if !e.owns(spec.Labels) {
		return "", failure(ctx, cannotCreate, fmt.Errorf(
			"container %s: label %s is %q, and this agent's instance is %q", spec.Name, runtime.LabelInstance, spec.Labels[runtime.LabelInstance], e.instance))
	}
	if isTrue(spec.Definition.Privileged) && !e.privileged {
		return "", failure(ctx, cannotCreate, fmt.Errorf("container %s is privileged, which this agent does not allow; "+
			"start the agent with --allow-privileged, or run the task elsewhere", spec.Definition.Name))
	}
	config, host, err := translate(spec)
	if err != nil {
		return "", failure(ctx, cannotCreate, err)
	}
	e.keepInterval(config.Healthcheck)
	if host.NetworkMode.IsBridge() {
		if err := e.publish(config, host, spec.Definition.PortMappings); err != nil {
			return "", failure(ctx, cannotCreate, fmt.Errorf("container %s: %w", spec.Name, err))
		}
	}
	e.limitOutput(host)
	e.limitFiles(config, host)
	e.limitStorage(host, spec.StorageGiB)
	digest := spec.Digest
	if digest == "" {
		digest = e.digest(ctx, spec.Definition.Image)
	} else if config.Image, err = runtime.WithDigest(spec.Definition.Image, digest); err != nil {
		return "", failure(ctx, cannotCreate, err)
	}
	if digest != "" {
		config.Labels[labelDigest] = digest
	}
	made, err := e.api.ContainerCreate(ctx, config, host, nil, nil, spec.Name)
	if errdefs.IsConflict(err) {
		return e.find(ctx, spec, err)
	}
	if err != nil {
		return "", failure(ctx, cannotCreate, err)
	}
	return made.ID, nil
}

// find returns the container that already has the name, if it was created for the same spec.
func (e *Engine) find(ctx context.Context, spec runtime.ContainerSpec, conflict error) (id string, err error) {
	c, err := e.api.ContainerInspect(ctx, spec.Name)
	// it was removed just now, or the conflict was about something else
	if errdefs.IsNotFound(err) {
		return "", failure(ctx, cannotCreate, conflict)
	}
	if err != nil {
		return "", failure(ctx, cannotCreate, err)
	}
	for key, value := range spec.Labels {
		if c.Config.Labels[key] != value {
			return "", failure(ctx, cannotCreate, fmt.Errorf(
				"container %s: another container (%.12s) has that name already", spec.Name, c.ID))
		}
	}
	return c.ID, nil
}
