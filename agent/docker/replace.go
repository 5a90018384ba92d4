package docker

import (
	"context"
	"strings"

	"github.com/docker/docker/api/types/container"

	"github.com/gantry-project/gantry/agent/runtime"
)

const (
	// startTries is how often a container is started, each time with other settings that the agent
	// chooses.
	startTries = 10
	// suffixReplaced ends the name of a container while another is created in its place. An agent
	// that dies meanwhile finds one of the two by its name.
	suffixReplaced = "-replaced"
)

// start starts a container. If the engine refuses settings that the agent has chosen, the container
// is replaced by one with others, which has another id.
func (e *Engine) start(ctx context.Context, c container.InspectResponse) (startedID string, err error) {
	if name, replaced := strings.CutSuffix(c.Name, suffixReplaced); replaced {
		if err := e.api.ContainerRename(ctx, c.ID, strings.TrimPrefix(name, "/")); err != nil {
			return c.ID, err
		}
		c.Name = name
	}
	lackedRouter, err := e.findRouter(ctx, c)
	if err != nil {
		return c.ID, err
	}
	if restoreLinks(c) || lackedRouter {
		if c, err = e.replace(ctx, c); err != nil {
			return c.ID, err
		}
	}
	for range startTries {
		if err = e.api.ContainerStart(ctx, c.ID, container.StartOptions{}); err == nil || !changeable(c, err.Error()) {
			return c.ID, err
		}
		if changeErr := e.change(c, err.Error()); changeErr != nil {
			return c.ID, changeErr
		}
		if c, err = e.replace(ctx, c); err != nil {
			return c.ID, err
		}
	}
	return c.ID, err
}

// changeable reports whether an engine's error is about a setting that the agent has chosen for a
// container, and can change.
func changeable(c container.InspectResponse, text string) bool {
	return defaultRefused(c, text) || dynamicPortTaken(c, text)
}

// change changes the setting that an error is about.
func (e *Engine) change(c container.InspectResponse, text string) error {
	if defaultRefused(c, text) {
		e.dropDefaultNofile(c)
		return nil
	}
	return e.chooseOtherPorts(c)
}

// replace creates a container with the settings of another that has never run, which it removes.
func (e *Engine) replace(ctx context.Context, old container.InspectResponse) (container.InspectResponse, error) {
	name := strings.TrimPrefix(old.Name, "/")
	// An earlier replacement may not have finished.
	if err := e.RemoveContainer(ctx, name+suffixReplaced); err != nil {
		return old, err
	}
	if err := e.api.ContainerRename(ctx, old.ID, name+suffixReplaced); err != nil {
		return old, err
	}
	if strings.HasPrefix(old.ID, old.Config.Hostname) { // Docker's choice: the id
		old.Config.Hostname = ""
	}
	if old.HostConfig.NetworkMode.IsContainer() { // the answer has what comes from there and from the image
		old.Config.Hostname, old.Config.Domainname, old.Config.ExposedPorts = "", "", nil
	}
	made, err := e.api.ContainerCreate(ctx, old.Config, old.HostConfig, nil, nil, name)
	if err != nil {
		return old, err
	}
	if err := e.RemoveContainer(ctx, old.ID); err != nil {
		return old, err
	}
	return e.api.ContainerInspect(ctx, made.ID)
}

// withoutReplaced gives the containers of a list that were to be replaced their own names. Those
// whose replacement is there are left by an agent that died just then: it removes them.
func (e *Engine) withoutReplaced(ctx context.Context, list []runtime.ContainerState) ([]runtime.ContainerState, error) {
	names := map[string]bool{}
	for _, c := range list {
		names[c.Name] = true
	}
	kept := list[:0]
	for _, c := range list {
		if name, replaced := strings.CutSuffix(c.Name, suffixReplaced); replaced {
			if names[name] {
				if err := e.RemoveContainer(ctx, c.ID); err != nil {
					return nil, err
				}
				continue
			}
			c.Name = name
		}
		kept = append(kept, c)
	}
	return kept, nil
}
