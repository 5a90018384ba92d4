// Package runtime is the seam between the agent and what runs containers on its machine. It
// declares small interfaces, each about one kind of thing and in a file of its own: Machine,
// Images, Containers and Events. A Runtime is all of them. The packages of the agent ask for no
// more than they use. agent/docker is the real implementation and agent/runtime/fake one in memory.
//
// What an engine is asked for next (networks, volumes, exec, logs, stats) is one more interface in
// one more file, and one more line in Runtime. Method names say what they are about,
// CreateContainer rather than Create, so that all of them fit into one type.
package runtime

// Runtime is everything that an agent asks of a container engine. All methods may be called from
// many goroutines. An implementation sees and touches only containers whose LabelInstance is the
// instance that it was made for.
type Runtime interface {
	Machine
	Images
	Containers
	Events
}

// An Error is a refusal: a container could not be prepared or started, and asking again gives the
// same answer. Any other error of a call means that the engine did not answer. Name is ECS's:
// CannotPullContainerError, CannotCreateContainerError or CannotStartContainerError.
type Error struct {
	Name   string
	Reason string
}

func (e *Error) Error() string { return e.Name + ": " + e.Reason }
