package agent_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/structs"
)

// unread counts the frames that the agent has not read yet.
func (s *fakeServer) unread() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for st := range s.streams {
		st.mu.Lock()
		n += len(st.frames)
		st.mu.Unlock()
	}
	return n
}

// An agent reads its stream even while the container engine keeps it waiting: a frame says that the
// server is there. Once the engine is back, the agent does what it was told meanwhile.
func TestReadsOnWithoutAnEngine(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app")))
		h.wait(10 * time.Second)
		h.engine.SetAway(true)
		h.server.setDown(true)
		// it is told of in the first frame of the next stream
		h.server.run(taskID(2), definition(container("app")))
		h.server.setDown(false)
		h.wait(10 * time.Second)
		h.server.run(taskID(3), definition(container("app")))
		h.server.stopTask(taskID(1))
		h.wait(10 * time.Second)
		if n := h.server.unread(); n != 0 || len(h.server.streams) != 1 {
			t.Errorf("%d frames of %d streams are not read", n, len(h.server.streams))
		}
		h.engine.SetAway(false)
		h.wait(time.Minute)
		h.expect(taskID(1), structs.TaskStopped)
		h.expect(taskID(2), structs.TaskRunning)
		h.expect(taskID(3), structs.TaskRunning)
	})
}

// An agent that is deregistered says so in its log, and what to do.
func TestADeregisteredAgentSaysSo(t *testing.T) {
	var log strings.Builder
	withConfig(t, func(c *agent.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) }, func(h *harness) {
		h.server.run(taskID(1), definition(container("app")))
		h.wait(time.Second)
		if strings.Contains(log.String(), "deregistered") {
			t.Fatalf("before it is: %s", log.String())
		}
		h.server.set(func() {
			for st := range h.server.streams {
				st.push(structs.AssignmentFrame{Index: h.server.index, Deregistered: true})
			}
		})
		h.wait(time.Second)
		for _, words := range []string{"this container instance was deregistered", "start this agent again"} {
			if !strings.Contains(log.String(), words) {
				t.Errorf("the log says nothing of %q: %s", words, log.String())
			}
		}
	})
}
