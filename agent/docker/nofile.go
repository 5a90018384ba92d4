package docker

import (
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

// dropDefaultNofile takes the default from a container whose engine may not raise the limit to it
// (it is rootless, or itself in a container), and from all that are created later.
func (e *Engine) dropDefaultNofile(c container.InspectResponse) {
	own := c.Config.Labels[labelNofile]
	e.fewFiles.Store(true)
	delete(c.Config.Labels, labelNofile)
	// Podman (4.3) adds limits that nobody asked for.
	c.HostConfig.Ulimits = slices.DeleteFunc(c.HostConfig.Ulimits, func(u *container.Ulimit) bool {
		return !slices.Contains(strings.Split(own, ","), ulimitName(u))
	})
}

// ulimitName returns the name of a limit as it is set. Podman (4.3) calls nproc RLIMIT_NPROC in its
// answer, a name that it does not accept itself.
func ulimitName(u *container.Ulimit) string {
	return strings.ToLower(strings.TrimPrefix(u.Name, "RLIMIT_"))
}

// defaultRefused reports whether an engine's error says that it may not raise a limit to the
// default. runc says "rlimit", crun "RLIMIT_NOFILE".
func defaultRefused(c container.InspectResponse, text string) bool {
	_, ours := c.Config.Labels[labelNofile]
	return ours && strings.Contains(strings.ToLower(text), "rlimit")
}
