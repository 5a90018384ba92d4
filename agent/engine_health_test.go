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
func (w *world) health() (h structs.RuntimeHealth) {
	w.server.set(func() { h = w.server.instances[w.agent.Instance()].Runtime })
	return h
}

// healths are the states of the engine that were reported after the registration.
func (w *world) healths() (list []string) {
	w.server.set(func() { list = slices.Clone(w.server.healths) })
	return list
}

// broken are the ways in which an engine does not work.
var broken = map[string]func(w *world, is bool){
	"away": func(w *world, is bool) { w.engine.SetAway(is) },
	"hung": func(w *world, is bool) {
		if is {
			w.engine.Hang(w.agent.Instance())
		} else {
			w.engine.Resume(w.agent.Instance())
		}
	},
}

// TestAnEngineThatDoesNotWorkIsReportedOnce: soon, with a reason, and again when it works; and the
// beats cost the log nothing.
func TestAnEngineThatDoesNotWorkIsReportedOnce(t *testing.T) {
	for how, fail := range broken {
		t.Run(how, func(t *testing.T) {
			inWorld(t, func(w *world) {
				if h := w.health(); h.Status != structs.HealthOK {
					t.Errorf("registered with an engine that is %+v", h)
				}
				w.server.run(taskID(1), definition(container("app")))
				w.wait(time.Minute)
				fail(w, true)
				w.wait(12 * time.Second)
				if h := w.health(); h.Status != structs.HealthImpaired || h.Reason == "" {
					t.Errorf("after twelve seconds the engine is %+v", h)
				}
				w.wait(time.Hour)
				fail(w, false)
				w.wait(5 * time.Second)
				if want := []string{structs.HealthImpaired, structs.HealthOK}; !slices.Equal(w.healths(), want) {
					t.Errorf("reported %v, want %v", w.server.healths, want)
				}
				w.expect(taskID(1), structs.TaskRunning)
				w.expectRunning(name("app", 1))
				if starts := w.engine.Starts()[name("app", 1)]; starts != 1 {
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
		inWorld(t, func(w *world) {
			for range 20 {
				fail(w, true)
				w.wait(1500 * time.Millisecond)
				fail(w, false)
				w.wait(3 * time.Second)
			}
			if len(w.healths()) > 0 {
				t.Errorf("%s: reported %v", how, w.healths())
			}
		})
	}
}

// TestWhatIsNewsWhileNoServerAnswersIsToldLater, and of two changes the last.
func TestWhatIsNewsWhileNoServerAnswersIsToldLater(t *testing.T) {
	inWorld(t, func(w *world) {
		w.server.setDown(true)
		w.engine.SetAway(true)
		w.wait(20 * time.Second)
		w.server.setDown(false)
		w.wait(20 * time.Second)
		if h := w.health(); h.Status != structs.HealthImpaired {
			t.Errorf("the engine is %+v", h)
		}
		w.server.set(func() { clear(w.server.instances) }) // it is registered again, as it is
		w.server.dropStreams()
		w.wait(20 * time.Second)
		if h := w.health(); h.Status != structs.HealthImpaired {
			t.Errorf("after another registration the engine is %+v", h)
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
				inWorld(t, func(w *world) { w.giveUpAt(fail, step) })
			})
		}
	}
}

func (w *world) giveUpAt(fail func(*world, bool), step string) {
	w.engine.SetImage("slow-pull", fake.Image{PullDelay: time.Second})
	w.engine.SetImage("slow-create", fake.Image{CreateDelay: time.Second})
	w.engine.SetImage("slow-start", fake.Image{StartDelay: time.Second})
	w.server.run(taskID(0), definition(container("app")))
	w.wait(time.Minute)
	for n, image := range []string{"slow-pull", "slow-create", "slow-start"} {
		if strings.Contains(step, image) {
			w.engine.SetHook(func(point string) {
				if point == "before "+step {
					fail(w, true)
				}
			})
			w.server.run(taskID(n+1), definition(container(image)))
		}
	}
	w.wait(time.Second / 2)
	fail(w, true)
	w.engine.SetHook(nil)
	w.server.run(taskID(4), definition(container("app"))) // a race with the report
	w.wait(25 * time.Second)
	w.expect(taskID(4), structs.TaskPending)
	w.wait(35 * time.Second)
	given := []int{4}
	for n, image := range []string{"slow-pull", "slow-create", "slow-start"} {
		if strings.Contains(step, image) {
			given = append(given, n+1)
		}
	}
	for _, n := range given {
		task := w.expect(taskID(n), structs.TaskStopped)
		if task.StopCode != structs.StopTaskFailedToStart || !strings.Contains(task.StoppedReason, "container engine of the instance did not work for 30s") {
			w.t.Errorf("task %d stopped with %s %q", n, task.StopCode, task.StoppedReason)
		}
	}
	// not known to be impaired by whoever placed it
	w.server.run(taskID(5), definition(container("app")))
	w.wait(10 * time.Second)
	w.expect(taskID(5), structs.TaskStopped)
	w.expect(taskID(0), structs.TaskRunning)

	fail(w, false)
	w.wait(time.Minute)
	w.expectRunning(name("app", 0))
	if left := w.left(); !slices.Equal(left, []string{name("app", 0)}) {
		w.t.Errorf("left are %q", left)
	}
	w.server.run(taskID(6), definition(container("app")))
	w.wait(time.Minute)
	w.expect(taskID(6), structs.TaskRunning)
	if starts := w.engine.Starts()[name("app", 0)]; starts != 1 {
		w.t.Errorf("what ran was started %d times", starts)
	}
}

// TestAStopThatTheEngineDoesNotCarryOutEnds: the task is STOPPED, with the reason of whoever asked,
// and the containers go when the engine works again.
func TestAStopThatTheEngineDoesNotCarryOutEnds(t *testing.T) {
	for how, fail := range broken {
		t.Run(how, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.server.run(taskID(1), definition(container("app")))
				w.server.run(taskID(2), definition(container("app"), container("side")))
				w.wait(time.Second)
				fail(w, true)
				w.server.stopTask(taskID(1))
				w.wait(time.Minute)
				if task := w.expect(taskID(1), structs.TaskStopped); task.StoppedReason != structs.ReasonStoppedByUser ||
					!strings.HasPrefix(task.Containers[0].Reason, "CannotStopContainerError: the container engine") {
					t.Errorf("stopped with %q, the container with %q", task.StoppedReason, task.Containers[0].Reason)
				}
				fail(w, false)
				w.wait(time.Minute)
				w.expectRunning(name("app", 2), name("side", 2))
				w.wait(2 * time.Hour)
				if left := w.left(); len(left) != 2 {
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
			inWorld(t, func(w *world) {
				once := func(n int) {
					w.server.run(taskID(n), definition(container("app")), func(as *structs.Assignment) { as.Once = true })
				}
				w.engine.SetHook(func(point string) {
					if point == "after Start "+name("app", 1) {
						fail(w, true)
					}
				})
				once(1)
				w.wait(time.Second)
				once(2)
				w.wait(time.Minute)
				w.server.stopTask(taskID(1)) // it may run, and so it is not said that it does not
				w.wait(time.Minute)
				if task := w.task(taskID(1)); task.LastStatus == structs.TaskStopped {
					t.Error("a task that may run is said to have stopped")
				}
				w.expect(taskID(2), structs.TaskStopped)
				fail(w, false)
				w.wait(time.Minute)
				w.expect(taskID(1), structs.TaskStopped)
				w.expectRunning()
			})
		})
	}
}

// TestACallThatHangsImpairsTheEngine though it answers probes; the task that waits for it is given
// up, and others start again.
func TestACallThatHangsImpairsTheEngine(t *testing.T) {
	inWorld(t, func(w *world) {
		w.engine.SetImage("stuck", fake.Image{CreateDelay: time.Hour})
		w.server.run(taskID(1), definition(container("stuck")))
		w.wait(3 * time.Minute)
		if len(w.healths()) > 0 {
			t.Fatalf("reported %v of a create that is slow", w.healths())
		}
		w.wait(75 * time.Second)
		if h := w.health(); h.Status != structs.HealthImpaired || !strings.Contains(h.Reason, "creating container "+name("stuck", 1)) {
			t.Errorf("the engine is %+v", h)
		}
		w.wait(45 * time.Second)
		w.expect(taskID(1), structs.TaskStopped)
		if h := w.health(); h.Status != structs.HealthOK {
			t.Errorf("nothing hangs, and the engine is %+v", h)
		}
	})
}

// TestNewTasksAreGivenUpThoughTheStreamBegins: an engine that lists nothing keeps nobody from
// hearing that new tasks cannot start here.
func TestNewTasksAreGivenUpThoughTheStreamBegins(t *testing.T) {
	inWorld(t, func(w *world) {
		w.server.run(taskID(1), definition(container("app")))
		w.wait(time.Second)
		w.engine.Hang(w.agent.Instance())
		w.server.set(func() { w.server.noStreams = true })
		w.server.dropStreams()
		w.server.run(taskID(2), definition(container("app")))
		w.server.set(func() { w.server.noStreams = false })
		w.wait(90 * time.Second)
		w.expect(taskID(1), structs.TaskRunning)
		w.expect(taskID(2), structs.TaskStopped)
		w.engine.Resume(w.agent.Instance())
		w.wait(time.Minute)
		w.expectRunning(name("app", 1))
	})
}
