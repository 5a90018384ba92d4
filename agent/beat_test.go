package agent_test

import (
	"testing"
	"time"
)

// A server that answers no beat is left for another, but not by an agent that is itself too late to
// tell.
func TestServerThatAnswersNoBeat(t *testing.T) {
	for title, c := range map[string]struct {
		behind time.Duration
		leaves bool
	}{"in time": {100 * time.Millisecond, true}, "behind": {time.Second, false}} {
		t.Run(title, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.wait(time.Second)
				w.server.set(func() { w.server.frozen, w.server.behind, w.server.opened = true, c.behind, 0 })
				w.wait(10 * time.Second)
				w.server.set(func() {
					if leaves := w.server.opened > 0; leaves != c.leaves {
						t.Errorf("the agent opens %d other streams", w.server.opened)
					}
				})
			})
		})
	}
}
