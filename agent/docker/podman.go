package docker

import (
	"fmt"
	"strings"

	"github.com/docker/docker/api/types"
)

// refusePodman returns an error if the engine is Podman. Its Docker API takes containers and leaves
// out what they ask for without an error (GPUs; 4.3.1), so a task would run without it.
func (e *Engine) refusePodman(version types.Version) error {
	for _, part := range version.Components {
		if strings.HasPrefix(part.Name, "Podman") {
			return fmt.Errorf("the engine at %s is Podman %s, which does not give containers all that tasks ask for (docs/engines.md). "+
				"Install and start a Docker Engine: apt-get install docker.io, then set DOCKER_HOST if it listens elsewhere", e.host, part.Version)
		}
	}
	return nil
}
