package agent_test

import (
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

func fenced(c *agent.Config) { c.StopOnDisconnect = true }

// cutOff makes the server one that nothing gets through to any more, or again.
func (s *fakeServer) cutOff(is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = is
}

// An agent that is cut off kills what runs before its lease ends, also what takes its time to stop or was stopping anyway, and tells
// of it when it is back.
func TestCutOff(t *testing.T) {
	for title, change := range map[string]func(*agent.Config){"fenced": fenced, "not fenced": nil} {
		t.Run(title, func(t *testing.T) {
			inWorldWith(t, change, func(w *world) {
				w.engine.SetImage("app", testutil.FakeImage{StopAfter: 20 * time.Second})
				w.server.run(taskID(1), definition(container("app")))
				w.server.run(taskID(2), definition(container("app")))
				w.wait(10 * time.Second)
				w.expect(taskID(1), structs.TaskRunning)
				w.server.stopTask(taskID(2))
				w.wait(2500 * time.Millisecond) // half-way between two beats

				w.server.cutOff(true)
				w.wait(2 * time.Second)
				w.expectRunning(name("app", 1), name("app", 2))
				w.wait(structs.AgentLease - 2*time.Second)
				if change == nil {
					w.expectRunning(name("app", 1), name("app", 2))
					return
				}
				w.expectRunning()

				w.wait(time.Minute)
				w.server.cutOff(false)
				w.wait(30 * time.Second)
				if task := w.expect(taskID(1), structs.TaskStopped); task.StopCode != structs.StopInstanceLost || task.StoppedReason != structs.ReasonCutOff {
					t.Errorf("stopped with %s %q", task.StopCode, task.StoppedReason)
				}
				if task := w.expect(taskID(2), structs.TaskStopped); task.StopCode != structs.StopUserInitiated {
					t.Errorf("the one that was stopping anyway: %s %q", task.StopCode, task.StoppedReason)
				}
				w.server.run(taskID(3), definition(container("app")))
				w.wait(10 * time.Second)
				w.expect(taskID(3), structs.TaskRunning)
			})
		})
	}
}

// An agent whose server is away for less than its lease kills nothing.
func TestShortlyCutOff(t *testing.T) {
	inWorldWith(t, fenced, func(w *world) {
		w.server.run(taskID(1), definition(container("app")))
		w.wait(10 * time.Second)
		for range 5 {
			w.server.cutOff(true)
			w.wait(1200 * time.Millisecond)
			w.server.cutOff(false)
			w.wait(5 * time.Second)
		}
		w.expect(taskID(1), structs.TaskRunning)
	})
}
