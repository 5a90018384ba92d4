package agent_test

import (
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime/fake"
)

const outOfMemory = "OutOfMemoryError: Container killed due to memory usage"

// The same history has the same reason, whether it was seen live or learned later.
func TestLackOfMemoryIsTheReasonHoweverItIsLearned(t *testing.T) {
	app, side := name("app", 1), name("side", 1)
	for _, c := range []struct {
		name      string
		play      func(*world)
		app, side string // reasons
	}{
		{"seen live", func(w *world) {
			w.engine.KillChildForMemory(app)
			w.wait(time.Second)
			w.engine.Exit(app, 0)
		}, outOfMemory, ""},
		{"restarted before the end", func(w *world) {
			w.engine.KillChildForMemory(app)
			w.restart()
			w.engine.Exit(app, 0)
		}, outOfMemory, ""},
		{"away", func(w *world) {
			w.stop()
			w.engine.KillChildForMemory(app)
			w.engine.Exit(app, 0)
			w.start()
		}, outOfMemory, ""},
		{"killed when asked to stop, before it was told", func(w *world) {
			w.engine.SetMute(true)
			w.engine.KillForMemory(app)
			w.server.stopTask(taskID(1))
		}, outOfMemory, ""},
		{"asked to stop", func(w *world) {
			w.engine.KillChildForMemory(app)
			w.wait(time.Second)
			w.server.stopTask(taskID(1))
		}, "", ""},
		{"asked to stop, restarted meanwhile", func(w *world) {
			w.engine.KillChildForMemory(app)
			w.server.stopTask(taskID(1))
			w.wait(time.Second)
			w.stop()
			w.wait(time.Minute)
			w.start()
		}, "", ""},
		{"beside one that ended the task", func(w *world) {
			w.engine.KillChildForMemory(side)
			w.engine.KillForMemory(app)
		}, outOfMemory, ""},
		{"restarted while the other is stopped", func(w *world) {
			w.engine.KillForMemory(app)
			w.wait(time.Second)
			w.stop()
			w.engine.KillChildForMemory(side)
			w.wait(time.Minute)
			w.start()
		}, outOfMemory, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				for _, image := range []string{"app", "side"} {
					w.engine.SetImage(image, fake.Image{StopAfter: 10 * time.Second})
				}
				w.server.run(taskID(1), definition(container("app"), container("side")))
				w.wait(time.Second)
				c.play(w)
				w.wait(time.Minute)
				task := w.task(taskID(1))
				if task.Containers[0].Reason != c.app || task.Containers[1].Reason != c.side || task.Containers[0].ExitCode == nil {
					t.Errorf("the containers are reported as %+v", task.Containers)
				}
			})
		})
	}
}
