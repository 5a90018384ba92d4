package agent_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/structs"
)

// health is how the engine does as the server was told.
func (h *harness) health() (health structs.RuntimeHealth) {
	h.server.set(func() { health = h.server.instances[h.agent.Instance()].Runtime })
	return health
}

// healths are the states of the engine that were reported after the registration.
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

// TestAnEngineThatDoesNotWorkIsReportedOnce: soon, with a reason, and again when it works; and the
// beats cost the log nothing.
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

// TestAShortFailureOfTheEngineIsNoNews: an engine that is restarted within a moment, or busy for
// one, costs nothing.
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

// TestWhatIsNewsWhileNoServerAnswersIsToldLater, and of two changes the last.
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
		h.server.set(func() { clear(h.server.instances) }) // it is registered again, as it is
		h.server.dropStreams()
		h.wait(20 * time.Second)
		if health := h.health(); health.Status != structs.HealthImpaired {
			t.Errorf("after another registration the engine is %+v", health)
		}
	})
}

// TestTasksThatCannotStartAreGivenUp: half a minute after the engine was IMPAIRED, whatever they
// wait for, with a reason that names the engine; those that run stay. When it works again nothing
// is left of them, whatever it had been asked, and nothing is started twice.
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
	// not known to be impaired by whoever placed it
	h.server.run(taskID(5), definition(container("app")))
	h.wait(10 * time.Second)
	h.expect(taskID(5), structs.TaskStopped)
	h.expect(taskID(0), structs.TaskRunning)

	fail(h, false)
	h.wait(time.Minute)
	h.expectRunning(name("app", 0))
	if left := h.left(); !slices.Equal(left, []string{name("app", 0)}) {
		h.t.Errorf("left are %q", left)
	}
	h.server.run(taskID(6), definition(container("app")))
	h.wait(time.Minute)
	h.expect(taskID(6), structs.TaskRunning)
	if starts := h.engine.Starts()[name("app", 0)]; starts != 1 {
		h.t.Errorf("what ran was started %d times", starts)
	}
}

// TestAStopThatTheEngineDoesNotCarryOutEnds: the task is STOPPED, with the reason of whoever asked,
// and the containers go when the engine works again.
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
					t.Errorf("left are %q", left)
				}
			})
		})
	}
}

// TestATaskThatMustNotRunTwiceIsGivenUpOnlyIfItNeverRan: what may run waits for the engine.
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
				h.server.stopTask(taskID(1)) // it may run, and so it is not said that it does not
				h.wait(time.Minute)
				if task := h.task(taskID(1)); task.LastStatus == structs.TaskStopped {
					t.Error("a task that may run is said to have stopped")
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

// TestACallThatHangsImpairsTheEngine though it answers probes; the task that waits for it is given
// up, and others start again.
func TestACallThatHangsImpairsTheEngine(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("stuck", fake.Image{CreateDelay: time.Hour})
		h.server.run(taskID(1), definition(container("stuck")))
		h.wait(3 * time.Minute)
		if len(h.healths()) > 0 {
			t.Fatalf("reported %v of a create that is slow", h.healths())
		}
		h.wait(75 * time.Second)
		if health := h.health(); health.Status != structs.HealthImpaired || !strings.Contains(health.Reason, "creating container "+name("stuck", 1)) {
			t.Errorf("the engine is %+v", health)
		}
		h.wait(45 * time.Second)
		h.expect(taskID(1), structs.TaskStopped)
		if health := h.health(); health.Status != structs.HealthOK {
			t.Errorf("nothing hangs, and the engine is %+v", health)
		}
	})
}

// TestNewTasksAreGivenUpThoughTheStreamBegins: an engine that lists nothing keeps nobody from
// hearing that new tasks cannot start here.
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
