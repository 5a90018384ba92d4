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

// An agent reads its stream, on which the answers to its beats come, though the container engine
// keeps it waiting; once that is back it does what it was told meanwhile.
func TestReadsOnWithoutAnEngine(t *testing.T) {
	inWorld(t, func(w *world) {
		w.server.run(taskID(1), definition(container("app")))
		w.wait(10 * time.Second)
		w.engine.SetAway(true)
		w.server.setDown(true)
		// it is told of in the first frame of the next stream
		w.server.run(taskID(2), definition(container("app")))
		w.server.setDown(false)
		w.wait(10 * time.Second)
		w.server.run(taskID(3), definition(container("app")))
		w.server.stopTask(taskID(1))
		w.wait(10 * time.Second)
		if n := w.server.unread(); n != 0 || len(w.server.streams) != 1 {
			t.Errorf("%d frames of %d streams are not read", n, len(w.server.streams))
		}
		w.engine.SetAway(false)
		w.wait(time.Minute)
		w.expect(taskID(1), structs.TaskStopped)
		w.expect(taskID(2), structs.TaskRunning)
		w.expect(taskID(3), structs.TaskRunning)
	})
}

// TestADeregisteredAgentSaysSo, and what to do.
func TestADeregisteredAgentSaysSo(t *testing.T) {
	var log strings.Builder
	inWorldWith(t, func(c *agent.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) }, func(w *world) {
		w.server.run(taskID(1), definition(container("app")))
		w.wait(time.Second)
		if strings.Contains(log.String(), "deregistered") {
			t.Fatalf("before it is: %s", log.String())
		}
		w.server.set(func() {
			for st := range w.server.streams {
				st.push(structs.AssignmentFrame{Index: w.server.index, Deregistered: true})
			}
		})
		w.wait(time.Second)
		for _, words := range []string{"this container instance was deregistered", "start this agent again"} {
			if !strings.Contains(log.String(), words) {
				t.Errorf("the log says nothing of %q: %s", words, log.String())
			}
		}
	})
}
