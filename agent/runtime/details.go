package runtime

import (
	"context"
	"encoding/json"

	"github.com/gantry-project/gantry/structs"
)

// Details are what the tasks of an instance ask about their own containers (agent/metadata).
type Details interface {
	// DescribeContainers describes the containers of a task, running or not, by their names in the
	// definition. There are none before the task's containers were created.
	DescribeContainers(ctx context.Context, task string) (map[string]ContainerDetails, error)
	// ContainerStats returns the engine's own statistics of a running container: a JSON object as
	// the Docker Engine API has it (GET /containers/ID/stats), which ECS passes on. With oneShot it
	// returns at once, and the object has no earlier sample (precpu_stats) to compare with.
	// Otherwise it takes a second or two. It returns nil if the container does not run.
	ContainerStats(ctx context.Context, id string, oneShot bool) (json.RawMessage, error)
}

// ContainerDetails is a container as it is described to its task.
type ContainerDetails struct {
	ContainerState
	ImageID   string // sha256:…
	CreatedAt structs.Time
	PID       int // its first process while it runs, as the engine sees it
	// Addresses are the IPv4 addresses that the engine gave it, and IPv6Addresses likewise. A
	// container in the network of another one, or of the machine, has none of its own.
	Addresses, IPv6Addresses []string
	Mounts                   []MountPoint
	LogDriver                string
	LogOptions               map[string]string
	// The newest run of its health check; zero: there was none.
	HealthSince    structs.Time
	HealthOutput   string
	HealthExitCode int
}

// MountPoint is where a container sees files from outside.
type MountPoint struct {
	Volume      string // the engine's name of the volume; empty: a directory of the host
	Source      string // on the host
	Destination string // in the container
}
