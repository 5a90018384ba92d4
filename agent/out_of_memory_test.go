package agent_test

import (
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime/fake"
)

const outOfMemory = "OutOfMemoryError: Container killed due to memory usage"

// The same history has the same reason, whether it was seen at once or learned later.
func TestLackOfMemoryIsTheReasonHoweverItIsLearned(t *testing.T) {
	app, side := name("app", 1), name("side", 1)
	for _, c := range []struct {
		name      string
		play      func(*harness)
		app, side string // reasons
	}{
		{"seen live", func(h *harness) {
			h.engine.KillChildForMemory(app)
			h.wait(time.Second)
			h.engine.Exit(app, 0)
		}, outOfMemory, ""},
		{"restarted before the end", func(h *harness) {
			h.engine.KillChildForMemory(app)
			h.restart()
			h.engine.Exit(app, 0)
		}, outOfMemory, ""},
		{"away", func(h *harness) {
			h.stop()
			h.engine.KillChildForMemory(app)
			h.engine.Exit(app, 0)
			h.start()
		}, outOfMemory, ""},
		{"killed when asked to stop, before it was told", func(h *harness) {
			h.engine.SetMute(true)
			h.engine.KillForMemory(app)
			h.server.stopTask(taskID(1))
		}, outOfMemory, ""},
		{"asked to stop", func(h *harness) {
			h.engine.KillChildForMemory(app)
			h.wait(time.Second)
			h.server.stopTask(taskID(1))
		}, "", ""},
		{"asked to stop, restarted meanwhile", func(h *harness) {
			h.engine.KillChildForMemory(app)
			h.server.stopTask(taskID(1))
			h.wait(time.Second)
			h.stop()
			h.wait(time.Minute)
			h.start()
		}, "", ""},
		{"beside one that ended the task", func(h *harness) {
			h.engine.KillChildForMemory(side)
			h.engine.KillForMemory(app)
		}, outOfMemory, ""},
		{"restarted while the other is stopped", func(h *harness) {
			h.engine.KillForMemory(app)
			h.wait(time.Second)
			h.stop()
			h.engine.KillChildForMemory(side)
			h.wait(time.Minute)
			h.start()
		}, outOfMemory, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			withAgent(t, func(h *harness) {
				for _, image := range []string{"app", "side"} {
					h.engine.SetImage(image, fake.Image{StopAfter: 10 * time.Second})
				}
				h.server.run(taskID(1), definition(container("app"), container("side")))
				h.wait(time.Second)
				c.play(h)
				h.wait(time.Minute)
				task := h.task(taskID(1))
				if task.Containers[0].Reason != c.app || task.Containers[1].Reason != c.side || task.Containers[0].ExitCode == nil {
					t.Errorf("the containers are reported as %+v", task.Containers)
				}
			})
		})
	}
}
