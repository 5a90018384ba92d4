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
	// labelNofile marks a container that has the default.
	labelNofile = "gantry.nofile"
)

// limitFiles gives a container the default. An engine that may not set it keeps its own default.
func (e *Engine) limitFiles(config *container.Config, host *container.HostConfig) {
	own := slices.ContainsFunc(host.Ulimits, func(u *container.Ulimit) bool { return u.Name == nofile })
	if own || e.fewFiles.Load() {
		return
	}
	host.Ulimits = append(host.Ulimits, &container.Ulimit{Name: nofile, Soft: defaultNofile, Hard: defaultNofile})
	config.Labels[labelNofile] = ""
}

// dropDefaultNofile takes the default from a container whose engine may not raise the limit to it
// (it is rootless, or itself in a container), and from all that are created later.
func (e *Engine) dropDefaultNofile(c container.InspectResponse) {
	e.fewFiles.Store(true)
	delete(c.Config.Labels, labelNofile)
	c.HostConfig.Ulimits = slices.DeleteFunc(c.HostConfig.Ulimits, func(u *container.Ulimit) bool { return u.Name == nofile })
}

// defaultRefused reports whether an engine's error says that it may not raise a limit to the
// default. runc says "rlimit", crun "RLIMIT_NOFILE".
func defaultRefused(c container.InspectResponse, text string) bool {
	_, ours := c.Config.Labels[labelNofile]
	return ours && strings.Contains(strings.ToLower(text), "rlimit")
}
