package agent_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/structs"
)

// health returns the health of the engine as the server knows it.
func (h *harness) health() (health structs.RuntimeHealth) {
	h.server.set(func() { health = h.server.instances[h.agent.Instance()].Runtime })
	return health
}

// healths returns the statuses of the engine that were reported after the registration.
func (h *harness) healths() (list []string) {
	h.server.set(func() { list = slices.Clone(h.server.healths) })
	return list
}

// broken are the ways in which an engine does not work.
var broken = map[string]func(h *harness, is bool){
	"away": func(h *harness, is bool) { h.engine.SetAway(is) },
	"hung": func(h *harness, is bool) {
		if is {
			h.engine.Hang(h.agent.Instance())
		} else {
			h.engine.Resume(h.agent.Instance())
		}
	},
}

// An engine that does not work is reported soon, once and with a reason, and once again when it
// works.
func TestAnEngineThatDoesNotWorkIsReportedOnce(t *testing.T) {
	for how, fail := range broken {
		t.Run(how, func(t *testing.T) {
			withAgent(t, func(h *harness) {
				if health := h.health(); health.Status != structs.HealthOK {
					t.Errorf("registered with an engine that is %+v", health)
				}
				h.server.run(taskID(1), definition(container("app")))
				h.wait(time.Minute)
				fail(h, true)
				h.wait(12 * time.Second)
				if health := h.health(); health.Status != structs.HealthImpaired || health.Reason == "" {
					t.Errorf("after twelve seconds the engine is %+v", health)
				}
				h.wait(time.Hour)
				fail(h, false)
				h.wait(5 * time.Second)
				if want := []string{structs.HealthImpaired, structs.HealthOK}; !slices.Equal(h.healths(), want) {
					t.Errorf("reported %v, want %v", h.server.healths, want)
				}
				h.expect(taskID(1), structs.TaskRunning)
				h.expectRunning(name("app", 1))
				if starts := h.engine.Starts()[name("app", 1)]; starts != 1 {
					t.Errorf("%d starts", starts)
				}
			})
		})
	}
}

// An engine that restarts or is busy for a moment is not reported.
func TestAShortFailureOfTheEngineIsNoNews(t *testing.T) {
	for how, fail := range broken {
		withAgent(t, func(h *harness) {
			for range 20 {
				fail(h, true)
				h.wait(1500 * time.Millisecond)
				fail(h, false)
				h.wait(3 * time.Second)
			}
			if len(h.healths()) > 0 {
				t.Errorf("%s: reported %v", how, h.healths())
			}
		})
	}
}

// Changes while no server answers are reported later, and only the last of them.
func TestWhatIsNewsWhileNoServerAnswersIsToldLater(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.setDown(true)
		h.engine.SetAway(true)
		h.wait(20 * time.Second)
		h.server.setDown(false)
		h.wait(20 * time.Second)
		if health := h.health(); health.Status != structs.HealthImpaired {
			t.Errorf("the engine is %+v", health)
		}
		// it is registered again, with its health
		h.server.set(func() { clear(h.server.instances) })
		h.server.dropStreams()
		h.wait(20 * time.Second)
		if health := h.health(); health.Status != structs.HealthImpaired {
			t.Errorf("after another registration the engine is %+v", health)
		}
	})
}

// Tasks that cannot start are given up half a minute after the engine became IMPAIRED, whatever
// they wait for, with a reason that names the engine. Tasks that run stay. When the engine works
// again, nothing is left of those that were given up, whatever it had been asked to do, and nothing
// is started twice.
func TestTasksThatCannotStartAreGivenUp(t *testing.T) {
	for how, fail := range broken {
		for _, step := range []string{"Pull slow-pull", "Create " + name("slow-create", 2), "Start " + name("slow-start", 3), "nothing"} {
			t.Run(how+" during "+step, func(t *testing.T) {
				withAgent(t, func(h *harness) { h.giveUpAt(fail, step) })
			})
		}
	}
}

func (h *harness) giveUpAt(fail func(*harness, bool), step string) {
	h.engine.SetImage("slow-pull", fake.Image{PullDelay: time.Second})
	h.engine.SetImage("slow-create", fake.Image{CreateDelay: time.Second})
	h.engine.SetImage("slow-start", fake.Image{StartDelay: time.Second})
	h.server.run(taskID(0), definition(container("app")))
	h.wait(time.Minute)
	for n, image := range []string{"slow-pull", "slow-create", "slow-start"} {
		if strings.Contains(step, image) {
			h.engine.SetHook(func(point string) {
				if point == "before "+step {
					fail(h, true)
				}
			})
			h.server.run(taskID(n+1), definition(container(image)))
		}
	}
	h.wait(time.Second / 2)
	fail(h, true)
	h.engine.SetHook(nil)
	h.server.run(taskID(4), definition(container("app"))) // a race with the report
	h.wait(25 * time.Second)
	h.expect(taskID(4), structs.TaskPending)
	h.wait(35 * time.Second)
	given := []int{4}
	for n, image := range []string{"slow-pull", "slow-create", "slow-start"} {
		if strings.Contains(step, image) {
			given = append(given, n+1)
		}
	}
	for _, n := range given {
		task := h.expect(taskID(n), structs.TaskStopped)
		if task.StopCode != structs.StopTaskFailedToStart || !strings.Contains(task.StoppedReason, "container engine of the instance did not work for 30s") {
			h.t.Errorf("task %d stopped with %s %q", n, task.StopCode, task.StoppedReason)
		}
	}
	// whoever placed it did not know that the engine is impaired
	h.server.run(taskID(5), definition(container("app")))
	h.wait(10 * time.Second)
	h.expect(taskID(5), structs.TaskStopped)
	h.expect(taskID(0), structs.TaskRunning)

	fail(h, false)
	h.wait(time.Minute)
	h.expectRunning(name("app", 0))
	if left := h.left(); !slices.Equal(left, []string{name("app", 0)}) {
		h.t.Errorf("containers left: %q", left)
	}
	h.server.run(taskID(6), definition(container("app")))
	h.wait(time.Minute)
	h.expect(taskID(6), structs.TaskRunning)
	if starts := h.engine.Starts()[name("app", 0)]; starts != 1 {
		h.t.Errorf("the running container was started %d times", starts)
	}
}

// A task that the engine does not stop is STOPPED in the end, with the reason of whoever asked for
// that. Its containers go when the engine works again.
func TestAStopThatTheEngineDoesNotCarryOutEnds(t *testing.T) {
	for how, fail := range broken {
		t.Run(how, func(t *testing.T) {
			withAgent(t, func(h *harness) {
				h.server.run(taskID(1), definition(container("app")))
				h.server.run(taskID(2), definition(container("app"), container("side")))
				h.wait(time.Second)
				fail(h, true)
				h.server.stopTask(taskID(1))
				h.wait(time.Minute)
				if task := h.expect(taskID(1), structs.TaskStopped); task.StoppedReason != structs.ReasonStoppedByUser ||
					!strings.HasPrefix(task.Containers[0].Reason, "CannotStopContainerError: the container engine") {
					t.Errorf("stopped with %q, the container with %q", task.StoppedReason, task.Containers[0].Reason)
				}
				fail(h, false)
				h.wait(time.Minute)
				h.expectRunning(name("app", 2), name("side", 2))
				h.wait(2 * time.Hour)
				if left := h.left(); len(left) != 2 {
					t.Errorf("containers left: %q", left)
				}
			})
		})
	}
}

// A task that must not run twice is given up only if it never ran. One that may run waits for the
// engine.
func TestATaskThatMustNotRunTwiceIsGivenUpOnlyIfItNeverRan(t *testing.T) {
	for how, fail := range broken {
		t.Run(how, func(t *testing.T) {
			withAgent(t, func(h *harness) {
				once := func(n int) {
					h.server.run(taskID(n), definition(container("app")), func(as *structs.Assignment) { as.Once = true })
				}
				h.engine.SetHook(func(point string) {
					if point == "after Start "+name("app", 1) {
						fail(h, true)
					}
				})
				once(1)
				h.wait(time.Second)
				once(2)
				h.wait(time.Minute)
				h.server.stopTask(taskID(1)) // it may run, so it is not reported as stopped
				h.wait(time.Minute)
				if task := h.task(taskID(1)); task.LastStatus == structs.TaskStopped {
					t.Error("a task that may run is reported as stopped")
				}
				h.expect(taskID(2), structs.TaskStopped)
				fail(h, false)
				h.wait(time.Minute)
				h.expect(taskID(1), structs.TaskStopped)
				h.expectRunning()
			})
		})
	}
}

// A call that hangs makes the engine IMPAIRED even if it answers probes. The task that waits for
// the call is given up, and then others start again.
func TestACallThatHangsImpairsTheEngine(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("stuck", fake.Image{CreateDelay: time.Hour})
		h.server.run(taskID(1), definition(container("stuck")))
		h.wait(3 * time.Minute)
		if len(h.healths()) > 0 {
			t.Fatalf("reported %v although a create is only slow", h.healths())
		}
		h.wait(75 * time.Second)
		if health := h.health(); health.Status != structs.HealthImpaired || !strings.Contains(health.Reason, "creating container "+name("stuck", 1)) {
			t.Errorf("the engine is %+v", health)
		}
		h.wait(45 * time.Second)
		h.expect(taskID(1), structs.TaskStopped)
		if health := h.health(); health.Status != structs.HealthOK {
			t.Errorf("nothing hangs, but the engine is %+v", health)
		}
	})
}

// New tasks in the first frame of a stream are given up too, although an engine that does not list
// its containers keeps that frame from being applied.
func TestNewTasksAreGivenUpThoughTheStreamBegins(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app")))
		h.wait(time.Second)
		h.engine.Hang(h.agent.Instance())
		h.server.set(func() { h.server.noStreams = true })
		h.server.dropStreams()
		h.server.run(taskID(2), definition(container("app")))
		h.server.set(func() { h.server.noStreams = false })
		h.wait(90 * time.Second)
		h.expect(taskID(1), structs.TaskRunning)
		h.expect(taskID(2), structs.TaskStopped)
		h.engine.Resume(h.agent.Instance())
		h.wait(time.Minute)
		h.expectRunning(name("app", 1))
	})
}
