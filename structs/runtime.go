package structs

// What an agent asks of a container runtime and hears from it. They stand here because the agent
// declares the Runtime interface and agent/docker fills it, and neither imports the other.

// The labels on every container that an agent makes. An agent touches only containers whose
// LabelInstance is its own.
const (
	LabelInstance   = "gantry.instance"   // ContainerInstance.ID
	LabelCluster    = "gantry.cluster"    // cluster name
	LabelTask       = "gantry.task"       // Task.ID
	LabelContainer  = "gantry.container"  // ContainerDefinition.name
	LabelDefinition = "gantry.definition" // family:revision
)

// ContainerSpec is one container to create: its definition with overrides applied, and what it
// takes from its task.
type ContainerSpec struct {
	// the runtime's name for it; creating a name that is there finds the container made before
	Name       string
	Labels     map[string]string // the five above; dockerLabels of the definition come beside them
	Definition ContainerDefinition
	// NetworkMode, PidMode and IpcMode are the task definition's: bridge (also when empty), host or
	// none; host or task.
	NetworkMode string
	PidMode     string
	IpcMode     string
	// MemoryLimit is the hard limit in MiB: the container's own, or the task's where it has none.
	// Zero: no limit.
	MemoryLimit int64
	// GPUs are the ids of the GPUs that the container has for itself.
	GPUs []string
}

// The states of a container in its runtime.
const (
	ContainerCreated = "created"
	ContainerRunning = "running"
	ContainerExited  = "exited" // ended, or could not be started
)

// ContainerState is what a runtime says of one container.
type ContainerState struct {
	ID         string
	Name       string
	Labels     map[string]string
	State      string // one of the three above
	ExitCode   int32  // when exited
	OOMKilled  bool
	Error      string // the runtime's own words when it could not start or run it
	StartedAt  Time   // zero: never ran
	FinishedAt Time
	Bindings   []NetworkBinding // published ports, as ECS gives them; one per port and protocol
	// digest of its image's manifest, sha256:…; empty: no registry is known to have it
	Image  string
	Health string // HEALTHY, UNHEALTHY or UNKNOWN; empty: no health check
}

// RuntimeEvent says that a container changed; ID is empty when events may have been lost and all
// must be looked at again.
type RuntimeEvent struct {
	ID   string
	Task string // LabelTask of the container
	// Created and Started: that is what happened.
	Created, Started bool
	// Ended: the container ended, and the three below say how. Docker's answer to an inspect waits
	// until it has taken the container's network down, some 50 ms later than the event.
	Ended     bool
	ExitCode  int32
	OOMKilled bool
	At        Time
}

// RuntimeInfo is what a runtime says of its machine.
type RuntimeInfo struct {
	Version      string // of the engine
	Hostname     string
	CPUs         int
	Memory       int64  // MiB
	OSType       string // linux
	Architecture string // x86_64, arm64: ECS's words
	LogDrivers   []string
}

// RuntimeError is a container that could not be prepared or started. Name is ECS's:
// CannotPullContainerError, CannotCreateContainerError, CannotStartContainerError.
type RuntimeError struct {
	Name   string
	Reason string
}

func (e *RuntimeError) Error() string { return e.Name + ": " + e.Reason }
