package runtime

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// Events is how an engine tells of changes that nobody asked it for.
type Events interface {
	// Events sends an Event for every change of this instance's containers until ctx ends, then
	// closes the channel. It reconnects by itself, and sends an Event with an empty ID after each
	// connection, the first included.
	Events(ctx context.Context) <-chan Event
}

// Event says that a container changed. ID is empty when events may have been lost, so that every
// container must be looked at again.
type Event struct {
	ID   string
	Task string // LabelTask of the container
	// Created and Started say that this is what happened.
	Created, Started bool
	// Ended says that the container ended, and the three fields below say how. Docker answers an
	// inspect of an ended container only when it has taken down its network, some 50 ms after the
	// event.
	Ended     bool
	ExitCode  int32
	OOMKilled bool
	At        structs.Time
}
