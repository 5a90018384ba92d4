package agent_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

func TestARestartKeepsRunningContainers(t *testing.T) {
	inWorld(t, func(w *world) {
		w.server.run(taskID(1), definition(container("app"), container("init", nonEssential)))
		w.wait(time.Second)
		w.engine.Exit(name("init", 1), 4)
		w.wait(time.Second)
		before := w.expect(taskID(1), structs.TaskRunning)
		reports := w.server.reports

		w.restart()
		after := w.expect(taskID(1), structs.TaskRunning)
		if after.StartedAt != before.StartedAt || after.Containers[0].RuntimeID != before.Containers[0].RuntimeID {
			t.Errorf("before the restart %+v, after it %+v", before, after)
		}
		if c := after.Containers[1]; c.ExitCode == nil || *c.ExitCode != 4 {
			t.Errorf("the container that had ended is reported as %+v", c)
		}
		if w.server.reports != reports {
			t.Errorf("the restart reported %d times, though nothing changed", w.server.reports-reports)
		}
		w.engine.Exit(name("app", 1), 0)
		w.wait(time.Second)
		w.expect(taskID(1), structs.TaskStopped)
	})
}

func TestARestartFindsWhatHappenedMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name      string
		meanwhile func(*world)
		status    structs.TaskStatus
		exitCode  *int32
		reason    string
		running   int
	}{
		{"it exited", func(w *world) { w.engine.Exit(name("app", 1), 7) }, structs.TaskStopped, new(int32(7)), "", 0},
		{"it was killed for memory", func(w *world) { w.engine.KillForMemory(name("app", 1)) },
			structs.TaskStopped, new(int32(137)), "OutOfMemoryError: Container killed due to memory usage", 0},
		{"it was removed", func(w *world) { w.engine.RemoveContainer(name("app", 1)) },
			structs.TaskStopped, nil, "container was removed", 0},
		{"its task was asked to stop", func(w *world) { w.server.stopTask(taskID(1)) }, structs.TaskStopped, new(int32(143)), "", 0},
		{"nothing", func(*world) {}, structs.TaskRunning, nil, "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.server.run(taskID(1), definition(container("app")))
				w.wait(time.Second)
				w.stop()
				happened := structs.TimeOf(time.Now())
				c.meanwhile(w)
				time.Sleep(time.Hour)
				w.start()
				task := w.expect(taskID(1), c.status)
				got := task.Containers[0]
				if (got.ExitCode == nil) != (c.exitCode == nil) || got.ExitCode != nil && *got.ExitCode != *c.exitCode || got.Reason != c.reason {
					t.Errorf("the container is reported as %+v", got)
				}
				if c.reason != "container was removed" && c.status == structs.TaskStopped && task.DesiredStatus == structs.TaskRunning &&
					task.ExecutionStoppedAt != happened {
					t.Errorf("execution stopped at %d, not when the container ended, %d", task.ExecutionStoppedAt, happened)
				}
				if c.status == structs.TaskStopped && task.ExecutionStoppedAt == 0 {
					t.Error("nothing says when execution stopped")
				}
				if starts := w.engine.Starts()[name("app", 1)]; starts != 1 || len(w.running()) != c.running {
					t.Errorf("it was started %d times, running are %q", starts, w.running())
				}
			})
		})
	}
}

func TestACreatedContainerIsStartedAfterARestartOrRemovedIfItsTaskIsToStop(t *testing.T) {
	for _, stop := range []bool{false, true} {
		t.Run(fmt.Sprintf("stop %v", stop), func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.engine.SetImage("app", fake.Image{StartDelay: time.Hour})
				w.server.run(taskID(1), definition(container("app")))
				w.wait(time.Second)
				w.stop()
				w.engine.SetImage("app", fake.Image{})
				if stop {
					w.server.stopTask(taskID(1))
				}
				w.start()
				if !stop {
					w.expect(taskID(1), structs.TaskRunning)
					return
				}
				w.expect(taskID(1), structs.TaskStopped)
				if all := w.engine.All(); len(all) != 0 {
					t.Errorf("left are %+v", all)
				}
			})
		})
	}
}

func TestAContainerThatEndsWhileItIsBeingAdoptedIsNoticed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.server.run(taskID(1), definition(container("app")))
		w.wait(time.Second)
		w.stop()
		w.engine.SetHook(func(point string) {
			switch point {
			case "before Containers":
				time.Sleep(time.Second) // what the runtime tells first has been heard
			case "after Containers":
				w.engine.Exit(name("app", 1), 2)
				time.Sleep(time.Second) // and this too, by nobody who knows the task
			}
		})
		w.start()
		w.expect(taskID(1), structs.TaskStopped)
	})
}

func TestNothingIsTouchedBeforeTheServerHasSaidWhatRunsHere(t *testing.T) {
	inWorld(t, func(w *world) {
		w.server.run(taskID(1), definition(container("app")))
		w.wait(time.Second)
		w.stop()
		w.server.set(func() { w.server.noStreams = true })
		w.launch()
		w.wait(time.Hour)
		w.expectRunning(name("app", 1))
		w.server.set(func() { w.server.noStreams = false })
		w.wait(time.Minute)
		w.expect(taskID(1), structs.TaskRunning)
		if n := w.engine.Starts()[name("app", 1)]; n != 1 {
			t.Errorf("it was started %d times", n)
		}
	})
}

func TestARestartKeepsTheTimesOfWhatCameBefore(t *testing.T) {
	inWorld(t, func(w *world) {
		w.engine.SetImage("app", fake.Image{PullDelay: time.Hour})
		began := structs.TimeOf(time.Now())
		w.server.run(taskID(1), definition(container("app")))
		w.wait(time.Second)
		w.restart()
		w.wait(2 * time.Hour)
		w.expect(taskID(1), structs.TaskRunning)
		for _, u := range w.server.history[taskID(1)] {
			if u.PullStartedAt != began {
				t.Errorf("the pull that began at %d is reported with %d", began, u.PullStartedAt)
			}
		}
	})
}

func TestAStartThatFailedBeforeTheRestartIsNotTriedAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.engine.SetImage("bad", fake.Image{StartError: "no such command"})
		var once sync.Once
		w.engine.SetHook(func(point string) {
			if strings.HasPrefix(point, "after Start") {
				once.Do(func() { w.cancel() })
			}
		})
		w.server.run(taskID(1), definition(container("bad")))
		w.wait(time.Second)
		w.engine.SetImage("bad", fake.Image{})
		w.restart()
		task := w.expect(taskID(1), structs.TaskStopped)
		if task.StopCode != structs.StopTaskFailedToStart || task.StoppedReason != "CannotStartContainerError: no such command" {
			t.Errorf("stopped with %s %q", task.StopCode, task.StoppedReason)
		}
	})
}

// Whatever call the agent dies in, its successor has every task run exactly once, or end exactly
// once.
func TestKilledAtAnyCall(t *testing.T) {
	for _, scenario := range []struct {
		name  string
		play  func(*world) // until the agent has died or all is done
		check func(*world)
	}{
		{
			name: "on the way up",
			play: func(w *world) {
				w.server.run(taskID(1), definition(container("app"), container("side", nonEssential)))
				w.server.run(taskID(2), definition(container("app")))
			},
			check: func(w *world) {
				w.expect(taskID(1), structs.TaskRunning)
				w.expect(taskID(2), structs.TaskRunning)
				w.expectRunning(name("app", 1), name("app", 2), name("side", 1))
			},
		}, {
			name: "on the way down",
			play: func(w *world) {
				w.server.run(taskID(1), definition(container("app"), container("side")))
				w.wait(10 * time.Second)
				w.server.stopTask(taskID(1))
			},
			check: func(w *world) {
				if task := w.expect(taskID(1), structs.TaskStopped); task.StopCode != structs.StopUserInitiated {
					w.t.Errorf("stopped with %s", task.StopCode)
				}
				w.expectRunning()
			},
		}, {
			name: "as it ends by itself",
			play: func(w *world) {
				w.engine.SetImage("job", fake.Image{RunsFor: 5 * time.Second, ExitCode: 3})
				w.server.run(taskID(1), definition(container("job"), container("app")))
			},
			check: func(w *world) {
				task := w.expect(taskID(1), structs.TaskStopped)
				if task.StopCode != structs.StopEssentialContainerExited || *task.Containers[0].ExitCode != 3 {
					w.t.Errorf("stopped with %s, containers %+v", task.StopCode, task.Containers)
				}
				w.expectRunning()
			},
		},
	} {
		t.Run(scenario.name, func(t *testing.T) {
			points := 0
			for died := true; died; points++ {
				faketime.Test(t, func(t *testing.T) { died = dieAt(newWorld(t), points, scenario.play, scenario.check) })
			}
			if points < 20 {
				t.Errorf("the agent made only %d calls: nothing was tested", points)
			}
			t.Logf("the agent died at %d points", points)
		})
	}
}

// dieAt plays a scenario with an agent that dies at the nth point of all its calls, goes on with a
// second agent, and checks how that ends. It says whether the agent came as far as that point.
func dieAt(w *world, nth int, play, check func(*world)) (died bool) {
	w.engine.SetImage("app", fake.Image{PullDelay: time.Second, StartDelay: time.Second, StopAfter: time.Second})
	var mu sync.Mutex
	seen := 0
	point := func(string) {
		mu.Lock()
		defer mu.Unlock()
		if seen == nth {
			died = true
			w.cancel()
		}
		seen++
	}
	w.launch()
	w.engine.SetHook(point)
	w.server.hook = point
	play(w)
	w.wait(20 * time.Second)
	w.stop()

	w.engine.SetHook(nil)
	w.server.hook = nil
	w.start()
	defer w.stop()
	w.t.Logf("died at point %d", nth)
	check(w)
	for container, n := range w.engine.Starts() {
		if n != 1 {
			w.t.Errorf("container %s was started %d times", container, n)
		}
	}
	return died
}
