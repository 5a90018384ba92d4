package agent_test

import (
	"testing"
	"time"
)

// An agent leaves a server that answers no beat for another, unless the agent itself is too slow to
// tell.
func TestServerThatAnswersNoBeat(t *testing.T) {
	for title, c := range map[string]struct {
		behind time.Duration
		leaves bool
	}{"in time": {100 * time.Millisecond, true}, "behind": {time.Second, false}} {
		t.Run(title, func(t *testing.T) {
			withAgent(t, func(h *harness) {
				h.wait(time.Second)
				h.server.set(func() { h.server.frozen, h.server.behind, h.server.opened = true, c.behind, 0 })
				h.wait(10 * time.Second)
				h.server.set(func() {
					if leaves := h.server.opened > 0; leaves != c.leaves {
						t.Errorf("the agent opens %d other streams", h.server.opened)
					}
				})
			})
		})
	}
}
