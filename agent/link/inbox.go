package link

import (
	"slices"
	"sync"

	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

// inbox holds frames that nobody has taken yet. The stream is read even while the container engine
// keeps everything else waiting, because its frames show that the server is alive. It is safe for
// concurrent use.
type inbox struct {
	more chan struct{} // capacity 1: there are frames

	mu     sync.Mutex
	frames []structs.AssignmentFrame
}

// put adds a frame. A full one replaces those before it.
func (i *inbox) put(frame structs.AssignmentFrame) {
	if !frame.Full && len(frame.Assignments) == 0 && frame.Network == nil {
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

// putBack returns a full frame to the front, unless there is a newer one.
func (i *inbox) putBack(frame structs.AssignmentFrame) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.frames) == 0 || !i.frames[0].Full {
		i.frames = slices.Insert(i.frames, 0, frame)
		wait.Nudge(i.more)
	}
}

// take returns the oldest frame, and false if there is none.
func (i *inbox) take() (frame structs.AssignmentFrame, ok bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.frames) == 0 {
		return frame, false
	}
	frame, i.frames = i.frames[0], i.frames[1:]
	return frame, true
}
