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
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app"), container("init", nonEssential)))
		h.wait(time.Second)
		h.engine.Exit(name("init", 1), 4)
		h.wait(time.Second)
		before := h.expect(taskID(1), structs.TaskRunning)
		reports := h.server.reports

		h.restart()
		after := h.expect(taskID(1), structs.TaskRunning)
		if after.StartedAt != before.StartedAt || after.Containers[0].RuntimeID != before.Containers[0].RuntimeID {
			t.Errorf("before the restart %+v, after it %+v", before, after)
		}
		if c := after.Containers[1]; c.ExitCode == nil || *c.ExitCode != 4 {
			t.Errorf("the container that had ended is reported as %+v", c)
		}
		if h.server.reports != reports {
			t.Errorf("the restart reported %d times, though nothing changed", h.server.reports-reports)
		}
		h.engine.Exit(name("app", 1), 0)
		h.wait(time.Second)
		h.expect(taskID(1), structs.TaskStopped)
	})
}

func TestARestartFindsWhatHappenedMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name      string
		meanwhile func(*harness)
		status    structs.TaskStatus
		exitCode  *int32
		reason    string
		running   int
	}{
		{"it exited", func(h *harness) { h.engine.Exit(name("app", 1), 7) }, structs.TaskStopped, new(int32(7)), "", 0},
		{"it was killed for memory", func(h *harness) { h.engine.KillForMemory(name("app", 1)) },
			structs.TaskStopped, new(int32(137)), "OutOfMemoryError: Container killed due to memory usage", 0},
		{"it was removed", func(h *harness) { h.engine.RemoveContainer(name("app", 1)) },
			structs.TaskStopped, nil, "container was removed", 0},
		{"its task was asked to stop", func(h *harness) { h.server.stopTask(taskID(1)) }, structs.TaskStopped, new(int32(143)), "", 0},
		{"nothing", func(*harness) {}, structs.TaskRunning, nil, "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			withAgent(t, func(h *harness) {
				h.server.run(taskID(1), definition(container("app")))
				h.wait(time.Second)
				h.stop()
				happened := structs.TimeOf(time.Now())
				c.meanwhile(h)
				time.Sleep(time.Hour)
				h.start()
				task := h.expect(taskID(1), c.status)
				got := task.Containers[0]
				if (got.ExitCode == nil) != (c.exitCode == nil) || got.ExitCode != nil && *got.ExitCode != *c.exitCode || got.Reason != c.reason {
					t.Errorf("the container is reported as %+v", got)
				}
				if c.reason != "container was removed" && c.status == structs.TaskStopped && task.DesiredStatus == structs.TaskRunning &&
					task.ExecutionStoppedAt != happened {
					t.Errorf("execution stopped at %d, not when the container ended, %d", task.ExecutionStoppedAt, happened)
				}
				if c.status == structs.TaskStopped && task.ExecutionStoppedAt == 0 {
					t.Error("the time when execution stopped is missing")
				}
				if starts := h.engine.Starts()[name("app", 1)]; starts != 1 || len(h.running()) != c.running {
					t.Errorf("it was started %d times, running are %q", starts, h.running())
				}
			})
		})
	}
}

func TestACreatedContainerIsStartedAfterARestartOrRemovedIfItsTaskIsToStop(t *testing.T) {
	for _, stop := range []bool{false, true} {
		t.Run(fmt.Sprintf("stop %v", stop), func(t *testing.T) {
			withAgent(t, func(h *harness) {
				h.engine.SetImage("app", fake.Image{StartDelay: time.Hour})
				h.server.run(taskID(1), definition(container("app")))
				h.wait(time.Second)
				h.stop()
				h.engine.SetImage("app", fake.Image{})
				if stop {
					h.server.stopTask(taskID(1))
				}
				h.start()
				if !stop {
					h.expect(taskID(1), structs.TaskRunning)
					return
				}
				h.expect(taskID(1), structs.TaskStopped)
				if all := h.engine.All(); len(all) != 0 {
					t.Errorf("containers left: %+v", all)
				}
			})
		})
	}
}

func TestAContainerThatEndsWhileItIsBeingAdoptedIsNoticed(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app")))
		h.wait(time.Second)
		h.stop()
		h.engine.SetHook(func(point string) {
			switch point {
			case "before Containers":
				time.Sleep(time.Second) // the engine's first event has been read
			case "after Containers":
				h.engine.Exit(name("app", 1), 2)
				time.Sleep(time.Second) // and so has this one, by nobody who knows the task
			}
		})
		h.start()
		h.expect(taskID(1), structs.TaskStopped)
	})
}

func TestNothingIsTouchedBeforeTheServerHasSaidWhatRunsHere(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app")))
		h.wait(time.Second)
		h.stop()
		h.server.set(func() { h.server.noStreams = true })
		h.launch()
		h.wait(time.Hour)
		h.expectRunning(name("app", 1))
		h.server.set(func() { h.server.noStreams = false })
		h.wait(time.Minute)
		h.expect(taskID(1), structs.TaskRunning)
		if n := h.engine.Starts()[name("app", 1)]; n != 1 {
			t.Errorf("it was started %d times", n)
		}
	})
}

func TestARestartKeepsTheTimesOfWhatCameBefore(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("app", fake.Image{PullDelay: time.Hour})
		began := structs.TimeOf(time.Now())
		h.server.run(taskID(1), definition(container("app")))
		h.wait(time.Second)
		h.restart()
		h.wait(2 * time.Hour)
		h.expect(taskID(1), structs.TaskRunning)
		for _, u := range h.server.history[taskID(1)] {
			if u.PullStartedAt != began {
				t.Errorf("the pull that began at %d is reported with %d", began, u.PullStartedAt)
			}
		}
	})
}

func TestAStartThatFailedBeforeTheRestartIsNotTriedAgain(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("bad", fake.Image{StartError: "no such command"})
		var once sync.Once
		h.engine.SetHook(func(point string) {
			if strings.HasPrefix(point, "after Start") {
				once.Do(func() { h.cancel() })
			}
		})
		h.server.run(taskID(1), definition(container("bad")))
		h.wait(time.Second)
		h.engine.SetImage("bad", fake.Image{})
		h.restart()
		task := h.expect(taskID(1), structs.TaskStopped)
		if task.StopCode != structs.StopTaskFailedToStart || task.StoppedReason != "CannotStartContainerError: no such command" {
			t.Errorf("stopped with %s %q", task.StopCode, task.StoppedReason)
		}
	})
}

// Whichever call the agent dies in, with the next agent each task runs exactly once, or ends
// exactly once.
func TestKilledAtAnyCall(t *testing.T) {
	for _, scenario := range []struct {
		name  string
		play  func(*harness) // until the agent has died or all is done
		check func(*harness)
	}{
		{
			name: "on the way up",
			play: func(h *harness) {
				h.server.run(taskID(1), definition(container("app"), container("side", nonEssential)))
				h.server.run(taskID(2), definition(container("app")))
			},
			check: func(h *harness) {
				h.expect(taskID(1), structs.TaskRunning)
				h.expect(taskID(2), structs.TaskRunning)
				h.expectRunning(name("app", 1), name("app", 2), name("side", 1))
			},
		}, {
			name: "on the way down",
			play: func(h *harness) {
				h.server.run(taskID(1), definition(container("app"), container("side")))
				h.wait(10 * time.Second)
				h.server.stopTask(taskID(1))
			},
			check: func(h *harness) {
				if task := h.expect(taskID(1), structs.TaskStopped); task.StopCode != structs.StopUserInitiated {
					h.t.Errorf("stopped with %s", task.StopCode)
				}
				h.expectRunning()
			},
		}, {
			name: "as it ends by itself",
			play: func(h *harness) {
				h.engine.SetImage("job", fake.Image{RunsFor: 5 * time.Second, ExitCode: 3})
				h.server.run(taskID(1), definition(container("job"), container("app")))
			},
			check: func(h *harness) {
				task := h.expect(taskID(1), structs.TaskStopped)
				if task.StopCode != structs.StopEssentialContainerExited || *task.Containers[0].ExitCode != 3 {
					h.t.Errorf("stopped with %s, containers %+v", task.StopCode, task.Containers)
				}
				h.expectRunning()
			},
		},
	} {
		t.Run(scenario.name, func(t *testing.T) {
			points := 0
			for died := true; died; points++ {
				faketime.Test(t, func(t *testing.T) { died = dieAt(newHarness(t), points, scenario.play, scenario.check) })
			}
			if points < 20 {
				t.Errorf("the agent made only %d calls: nothing was tested", points)
			}
			t.Logf("the agent died at %d points", points)
		})
	}
}

// dieAt plays a scenario with an agent that dies at the nth point of all its calls, goes on with a
// second agent, and checks how that ends. It reports whether the first agent got as far as that
// point.
func dieAt(h *harness, nth int, play, check func(*harness)) (died bool) {
	h.engine.SetImage("app", fake.Image{PullDelay: time.Second, StartDelay: time.Second, StopAfter: time.Second})
	var mu sync.Mutex
	seen := 0
	point := func(string) {
		mu.Lock()
		defer mu.Unlock()
		if seen == nth {
			died = true
			h.cancel()
		}
		seen++
	}
	h.launch()
	h.engine.SetHook(point)
	h.server.hook = point
	play(h)
	h.wait(20 * time.Second)
	h.stop()

	h.engine.SetHook(nil)
	h.server.hook = nil
	h.start()
	defer h.stop()
	h.t.Logf("died at point %d", nth)
	check(h)
	for container, n := range h.engine.Starts() {
		if n != 1+h.again[container] {
			h.t.Errorf("container %s was started %d times", container, n)
		}
	}
	return died
}
