package link

import (
	"slices"
	"sync"

	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

// inbox is what servers said and was not acted on yet. The container engine may take its time, and
// the stream is read all the same: what comes on it says that the server is there. Safe for
// concurrent use.
type inbox struct {
	more chan struct{} // capacity 1: there are frames

	mu     sync.Mutex
	frames []structs.AssignmentFrame
}

// put adds a frame. A full one takes the place of those before it.
func (i *inbox) put(frame structs.AssignmentFrame) {
	if !frame.Full && len(frame.Assignments) == 0 {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if frame.Full {
		i.frames = nil
	}
	i.frames = append(i.frames, frame)
	wait.Nudge(i.more)
}

// putBack gives back a full frame that was taken, unless there is a newer one.
func (i *inbox) putBack(frame structs.AssignmentFrame) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.frames) == 0 || !i.frames[0].Full {
		i.frames = slices.Insert(i.frames, 0, frame)
		wait.Nudge(i.more)
	}
}

// take gives the oldest frame; false where there is none.
func (i *inbox) take() (frame structs.AssignmentFrame, ok bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.frames) == 0 {
		return frame, false
	}
	frame, i.frames = i.frames[0], i.frames[1:]
	return frame, true
}
