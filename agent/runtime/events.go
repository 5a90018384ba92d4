package runtime

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// Events is how an engine reports changes that it was not asked to make.
type Events interface {
	// Events sends an Event for every change of this instance's containers until ctx ends, then
	// closes the channel. It reconnects on its own, and sends an Event with an empty ID after each
	// connection, including the first.
	Events(ctx context.Context) <-chan Event
}

// Event reports that a container changed. ID is empty if events may have been lost, so that every
// container must be looked at again.
type Event struct {
	ID   string
	Task string // LabelTask of the container, or the task of a pause
	// Pause means that the container is a pause of the task, and that it has ended.
	Pause bool
	// Created and Started report what happened.
	Created, Started bool
	// Ended means that the container ended; the three fields below describe how. Docker answers an
	// inspect of an ended container only when it has taken down its network, some 50 ms after the
	// event.
	Ended     bool
	ExitCode  int32
	OOMKilled bool
	At        structs.Time
}
