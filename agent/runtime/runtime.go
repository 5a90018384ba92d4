// Package runtime is the seam between the agent and the container engine on its machine. It
// declares small interfaces, each about one kind of thing and in its own file: Machine, Images,
// Containers, Execs, Volumes, Events, Logs and Details. A Runtime is all of them. The packages of
// the agent ask only for those that they use. agent/docker is the real implementation, and
// agent/runtime/fake one in memory.
//
// Further functions of an engine each take one more interface in its own file, and one more line in
// Runtime. Method names include their noun, CreateContainer rather than
// Create, so that all of them fit into one type.
package runtime

// Runtime is everything that an agent asks of a container engine. All methods may be called from
// many goroutines. An implementation sees and touches only containers whose LabelInstance is its
// own instance.
type Runtime interface {
	Machine
	Images
	Containers
	Execs
	Volumes
	Logs
	Events
	Details
}

// Error is a refusal: a container could not be prepared or started, and unless it is Transient a
// retry would get the same answer. Any other error of a call means that the engine did not answer.
// Name is ECS's: CannotPullContainerError, CannotCreateContainerError, CannotStartContainerError or
// ResourceInitializationError.
type Error struct {
	Name   string
	Reason string
	// Transient means that the same call may succeed a little later: a registry is slow, or broke
	// off.
	Transient bool
}

func (e *Error) Error() string { return e.Name + ": " + e.Reason }
