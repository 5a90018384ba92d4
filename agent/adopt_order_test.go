package agent_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// Whichever call the agent dies in, the next agent goes on with a task whose containers wait for
// each other and are started again. It starts, restarts and ends each as often as the first one
// would have.
func TestKilledAtAnyCallOfATaskInOrder(t *testing.T) {
	def := definition(
		container("web", after("migrate SUCCESS", "db HEALTHY"), restarts(60)),
		container("migrate", nonEssential, after("db HEALTHY")),
		container("db", checked, restarts(60)),
	)
	run := func(h *harness) {
		h.engine.SetImage("web", fake.Image{StartDelay: time.Second, StopAfter: time.Second})
		h.engine.SetImage("migrate", fake.Image{RunsFor: time.Second})
		h.engine.SetImage("db", fake.Image{HealthyAfter: time.Second, StopAfter: time.Second})
		h.server.run(taskID(1), def)
	}
	// crash ends a container if it runs, which is to be started again then.
	crash := func(h *harness, container string) {
		if slices.Contains(h.running(), name(container, 1)) {
			h.engine.Exit(name(container, 1), 1)
			h.again[name(container, 1)]++
		}
	}
	up := func(h *harness) {
		h.wait(2 * time.Minute) // after a death in the first steps much is left to do
		task := h.expect(taskID(1), structs.TaskRunning)
		h.expectRunning(name("db", 1), name("web", 1))
		for _, c := range task.Containers {
			if int(c.RestartCount) != h.again[name(c.Name, 1)] {
				h.t.Errorf("%s was restarted %d times, and says %d", c.Name, h.again[name(c.Name, 1)], c.RestartCount)
			}
		}
	}
	for _, scenario := range []struct {
		name  string
		play  func(*harness)
		check func(*harness)
	}{
		{"on the way up", run, up},
		{"as containers crash", func(h *harness) {
			run(h)
			h.wait(2 * time.Minute)
			crash(h, "web")
			h.wait(2 * time.Minute)
			crash(h, "db")
		}, up},
		{"on the way down", func(h *harness) {
			run(h)
			h.wait(2 * time.Minute)
			h.server.stopTask(taskID(1))
		}, func(h *harness) {
			h.expect(taskID(1), structs.TaskStopped)
			h.expectRunning()
			if got := callsOf(h, "Stop"); slices.Contains(got, "db") && slices.Contains(got, "web") && slices.Index(got, "db") < slices.Index(got, "web") {
				h.t.Errorf("stopped in the order %q", got)
			}
		}},
	} {
		t.Run(scenario.name, func(t *testing.T) {
			points := 0
			for died := true; died; points++ {
				faketime.Test(t, func(t *testing.T) { died = dieAt(newHarness(t), points, scenario.play, scenario.check) })
			}
			if points < 30 {
				t.Errorf("the agent made only %d calls: nothing was tested", points)
			}
			t.Logf("the agent died at %d points", points)
		})
	}
}
