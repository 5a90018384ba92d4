package agent_test

import (
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// The periodic list finds changes that no event told of.
func TestChangesThatNoEventToldAreNoticed(t *testing.T) {
	app, side := name("app", 1), name("side", 1)
	for _, c := range []struct {
		name   string
		play   func(*harness)
		status structs.TaskStatus
		check  func(structs.Task) bool
	}{
		{"the end", func(h *harness) { h.engine.Exit(app, 7) }, structs.TaskStopped,
			func(task structs.Task) bool { return *task.Containers[0].ExitCode == 7 }},
		{"the end of a container that is not essential", func(h *harness) { h.engine.Exit(side, 7) }, structs.TaskRunning,
			func(task structs.Task) bool {
				return task.Containers[1].LastStatus == structs.TaskStopped && *task.Containers[1].ExitCode == 7
			}},
		{"the removal", func(h *harness) { h.engine.RemoveContainer(app) }, structs.TaskStopped,
			func(task structs.Task) bool { return task.Containers[0].Reason == "container was removed" }},
		{"a health check", func(h *harness) { h.engine.SetHealth(app, "UNHEALTHY") }, structs.TaskRunning,
			func(task structs.Task) bool { return task.Containers[0].HealthStatus == "UNHEALTHY" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			withAgent(t, func(h *harness) {
				h.server.run(taskID(1), definition(container("app"), container("side", nonEssential)))
				h.wait(time.Second)
				h.engine.SetMute(true)
				c.play(h)
				h.wait(2 * time.Minute)
				if task := h.expect(taskID(1), c.status); !c.check(task) {
					t.Errorf("the containers are reported as %+v", task.Containers)
				}
			})
		})
	}
}

// A list that shows nothing new causes no calls.
func TestNothingIsInspectedThatIsAsItWas(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app"), container("side", nonEssential)))
		h.wait(time.Second)
		h.engine.Exit(name("side", 1), 0)
		h.wait(time.Second)
		before := len(h.engine.Calls())
		h.wait(time.Hour)
		for _, call := range h.engine.Calls()[before:] {
			if call != "Containers" {
				t.Errorf("call %q", call)
			}
		}
	})
}

// A container that ends before the answer to its start has come is noticed at once, whether the
// engine tells of it or only that events were lost.
func TestAnEndDuringTheStartIsNoticed(t *testing.T) {
	for _, told := range []bool{true, false} {
		withAgent(t, func(h *harness) {
			h.engine.SetHook(func(point string) {
				if point != "after Start "+name("app", 1) {
					return
				}
				h.engine.SetMute(!told)
				h.engine.Exit(name("app", 1), 7)
				h.engine.SetMute(false)
				if !told {
					h.engine.SetAway(true)
					h.engine.SetAway(false)
				}
				time.Sleep(time.Millisecond) // the runner has the event before the answer
			})
			h.server.run(taskID(1), definition(container("app")))
			h.wait(time.Second)
			if c := h.expect(taskID(1), structs.TaskStopped).Containers[0]; *c.ExitCode != 7 {
				t.Errorf("told %v: the container is %+v", told, c)
			}
		})
	}
}
