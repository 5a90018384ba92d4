package docker

import (
	"context"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
)

const (
	nofile = "nofile"
	// defaultNofile is how many files a process of a container may have open, soft and hard, unless
	// its definition sets a limit (Fargate's default). Those of engines range from 1,024 (29) to
	// 1,048,576 (20.10).
	defaultNofile = 65535
	// labelNofile marks a container that has the default. Its value is the names of the
	// definition's own limits, separated by commas.
	labelNofile = "gantry.nofile"
)

// limitFiles gives a container the default. An engine that may not set it keeps its own default.
func (e *Engine) limitFiles(config *container.Config, host *container.HostConfig) {
	var own []string
	for _, u := range host.Ulimits {
		own = append(own, u.Name)
	}
	if slices.Contains(own, nofile) || e.fewFiles.Load() {
		return
	}
	host.Ulimits = append(host.Ulimits, &container.Ulimit{Name: nofile, Soft: defaultNofile, Hard: defaultNofile})
	config.Labels[labelNofile] = strings.Join(own, ",")
}

// start starts a container. If the engine may not raise the limit to the default (it is rootless,
// or itself in a container), the start fails. The container is then recreated without the default,
// and has another id.
func (e *Engine) start(ctx context.Context, id string) (startedID string, err error) {
	err = e.api.ContainerStart(ctx, id, container.StartOptions{})
	if err == nil || !defaultRefused(err.Error()) {
		return id, err
	}
	c, inspectErr := e.api.ContainerInspect(ctx, id)
	if inspectErr != nil {
		return id, err
	}
	if !hasDefaultNofile(c) {
		return id, err
	}
	own := c.Config.Labels[labelNofile]
	e.fewFiles.Store(true)
	delete(c.Config.Labels, labelNofile)
	if strings.HasPrefix(c.ID, c.Config.Hostname) { // Docker's choice: the id
		c.Config.Hostname = ""
	}
	// Podman (4.3) calls nproc RLIMIT_NPROC in its answer, a name that it does not accept itself,
	// and adds limits that nobody asked for.
	c.HostConfig.Ulimits = slices.DeleteFunc(c.HostConfig.Ulimits, func(u *container.Ulimit) bool {
		u.Name = strings.ToLower(strings.TrimPrefix(u.Name, "RLIMIT_"))
		return !slices.Contains(strings.Split(own, ","), u.Name)
	})
	if err := e.api.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true}); err != nil {
		return id, err
	}
	made, err := e.api.ContainerCreate(ctx, c.Config, c.HostConfig, nil, nil, strings.TrimPrefix(c.Name, "/"))
	if err != nil {
		return id, err
	}
	return made.ID, e.api.ContainerStart(ctx, made.ID, container.StartOptions{})
}

// defaultRefused reports whether an engine's error says that it may not raise a limit. runc says
// "rlimit", crun "RLIMIT_NOFILE".
func defaultRefused(text string) bool { return strings.Contains(strings.ToLower(text), "rlimit") }

func hasDefaultNofile(c container.InspectResponse) bool {
	_, ours := c.Config.Labels[labelNofile]
	return ours
}
