package runtime

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// Containers are the containers of one container instance.
type Containers interface {
	// ListContainers lists them, running or not.
	ListContainers(ctx context.Context) ([]ContainerState, error)
	// CreateContainer creates a container and returns its id. It finds the one that exists under
	// that name with the same labels, and does not create another. It fails with an *Error
	// (CannotCreateContainerError).
	CreateContainer(ctx context.Context, spec ContainerSpec) (id string, err error)
	// StartContainer starts a created container and returns its state after the start. The engine
	// may have recreated it under another id, which is then set even if there is an error. Starting
	// a running container does nothing, and one that has ended is not started again. It fails with
	// an *Error (CannotStartContainerError).
	StartContainer(ctx context.Context, id string) (ContainerState, error)
	// RestartContainer starts a container again that ended, and returns its state after the start.
	// It does nothing if the container was started since startedAt. It fails with an *Error
	// (CannotStartContainerError).
	RestartContainer(ctx context.Context, id string, startedAt structs.Time) (ContainerState, error)
	// InspectContainer returns a container's state; ok is false if there is no such container.
	InspectContainer(ctx context.Context, id string) (state ContainerState, ok bool, err error)
	// StopContainer sends the stop signal, and SIGKILL after timeout seconds, and returns when the
	// container has ended.
	StopContainer(ctx context.Context, id string, timeout int) error
	// SignalContainer sends a signal, such as SIGHUP, to a container. It is not an error if that
	// does not run.
	SignalContainer(ctx context.Context, id, signal string) error
	// RemoveContainer removes a container, by force, with its anonymous volumes. It is not an error
	// if there is no such container.
	RemoveContainer(ctx context.Context, id string) error
}

// The labels on every container that an agent creates. An agent touches only containers whose
// LabelInstance is its own.
const (
	LabelInstance   = "gantry.instance"   // ContainerInstance.ID
	LabelCluster    = "gantry.cluster"    // cluster name
	LabelTask       = "gantry.task"       // Task.ID
	LabelContainer  = "gantry.container"  // ContainerDefinition.name
	LabelDefinition = "gantry.definition" // family:revision
)

// ContainerSpec is one container to create: its definition with overrides applied, and settings
// from its task.
type ContainerSpec struct {
	Name       string            // the engine's name for it
	Labels     map[string]string // the five above, which win over dockerLabels of the definition
	Definition structs.ContainerDefinition
	Group      string // of the task: service:NAME for a service's
	// Digest, if not empty, is the manifest that the container runs, whatever the tag of its image
	// names by now.
	Digest string
	// NetworkMode, PidMode and IpcMode are the task definition's: bridge (also when empty), host or
	// none; host or task.
	NetworkMode string
	PidMode     string
	IpcMode     string
	// MemoryLimit is the hard limit in MiB: the container's own, or the task's if it has none. Zero
	// means no limit.
	MemoryLimit int64
	// Links are the containers that this one reaches by a name of its own, as "name:alias", with
	// the engine's names. They exist before this one is created, and run before it is started.
	Links []string
	// Router is a container whose address this one finds in FLUENT_HOST. It runs before this one is
	// started.
	Router string
	// GPUs are the ids of the GPUs that only this container uses.
	GPUs []string
	// VolumesFrom are the containers whose mounts this one gets too.
	VolumesFrom []VolumesFrom
	// StorageGiB limits what the container may write outside volumes, where the engine can
	// (Info.Quota); zero: no limit.
	StorageGiB int32
	// Shared is what the resources of the task provide.
	Shared Shared
}

// VolumesFrom is a container whose mounts another one gets.
type VolumesFrom struct {
	Container string // the engine's name for it
	ReadOnly  bool
}

// The states of a container in its engine.
const (
	ContainerCreated = "created"
	ContainerRunning = "running"
	ContainerExited  = "exited" // ended, or could not be started
)

// ContainerState is the state of one container according to its engine.
type ContainerState struct {
	ID         string
	Name       string
	Labels     map[string]string
	State      string // one of the three above
	ExitCode   int32  // when exited
	OOMKilled  bool
	Error      string       // the engine's own words when it could not start or run it
	PID        int          // of its first process, on the engine's machine; zero: it does not run
	StartedAt  structs.Time // zero: never ran
	FinishedAt structs.Time
	// Bindings are the published ports as ECS shows them, one for each port and protocol.
	Bindings []structs.NetworkBinding
	// digest of its image's manifest, sha256:…; empty: no registry is known to have it
	Image  string
	Health string // HEALTHY, UNHEALTHY or UNKNOWN; empty: no health check
}
