package agent_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/structs"
)

func TestATaskAskedToStopBeforeItsAgentKnewItNeverStarts(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.stop()
		h.server.run(taskID(1), definition(container("app")))
		h.server.stopTask(taskID(1))
		h.start()
		task := h.expect(taskID(1), structs.TaskStopped)
		for _, call := range h.engine.Calls() {
			if strings.HasPrefix(call, "Pull") || strings.HasPrefix(call, "Create") {
				t.Errorf("%q was called", call)
			}
		}
		if task.StopCode != structs.StopUserInitiated || task.Containers[0].LastStatus != structs.TaskStopped {
			t.Errorf("stopped with %s and containers %+v", task.StopCode, task.Containers)
		}
	})
}

func TestAStopCutsOffWhateverIsUnderWay(t *testing.T) {
	for _, c := range []struct {
		during  string
		image   fake.Image
		within  time.Duration
		started int
	}{
		{"pull", fake.Image{PullDelay: time.Hour}, 0, 0},
		{"create", fake.Image{CreateDelay: 10 * time.Second}, 10 * time.Second, 0},
		{"start", fake.Image{StartDelay: 10 * time.Second}, 10 * time.Second, 1},
	} {
		t.Run(c.during, func(t *testing.T) {
			withAgent(t, func(h *harness) {
				h.engine.SetImage("app", c.image)
				h.server.run(taskID(1), definition(container("app")))
				h.wait(time.Second)
				h.server.stopTask(taskID(1))
				h.wait(c.within)
				h.expect(taskID(1), structs.TaskStopped)
				h.expectRunning()
				if got := h.engine.Starts()[name("app", 1)]; got != c.started {
					t.Errorf("the container was started %d times, not %d", got, c.started)
				}
				h.wait(time.Hour)
				h.expectRunning()
			})
		})
	}
}

func TestStopTimeoutIsTheContainersOwnOrThirtySeconds(t *testing.T) {
	withAgent(t, func(h *harness) {
		stubborn := fake.Image{StopAfter: time.Hour}
		h.engine.SetImage("five", stubborn)
		h.engine.SetImage("plain", stubborn)
		five := container("five", func(c *structs.ContainerDefinition) { c.StopTimeout = new(int32(5)) })
		h.server.run(taskID(1), definition(five, container("plain")))
		h.wait(time.Second)
		h.server.stopTask(taskID(1))
		h.wait(5 * time.Second)
		h.expectRunning(name("plain", 1))
		h.wait(24 * time.Second)
		h.expect(taskID(1), structs.TaskStopping)
		h.wait(time.Second)
		task := h.expect(taskID(1), structs.TaskStopped)
		if code := *task.Containers[0].ExitCode; code != 137 {
			t.Errorf("exit code %d after SIGKILL", code)
		}
	})
}

func TestASlowStopHoldsUpNobodyElse(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("slow", fake.Image{StopAfter: time.Hour})
		h.server.run(taskID(1), definition(container("slow")))
		h.wait(time.Second)
		h.server.stopTask(taskID(1))
		h.server.run(taskID(2), definition(container("app")))
		h.wait(time.Second)
		h.expect(taskID(1), structs.TaskStopping)
		h.expect(taskID(2), structs.TaskRunning)
	})
}

func TestFailuresStopTheTaskOnceAndForAll(t *testing.T) {
	for _, c := range []struct {
		image fake.Image
		want  string
	}{
		{fake.Image{PullError: "no such image"}, "CannotPullContainerError: no such image"},
		{fake.Image{CreateError: "bad option"}, "CannotCreateContainerError: bad option"},
		{fake.Image{StartError: "port is taken"}, "CannotStartContainerError: port is taken"},
	} {
		t.Run(c.want, func(t *testing.T) {
			withAgent(t, func(h *harness) {
				h.engine.SetImage("bad", c.image)
				h.server.run(taskID(1), definition(container("app"), container("bad")))
				h.wait(time.Second)
				task := h.expect(taskID(1), structs.TaskStopped)
				if task.StopCode != structs.StopTaskFailedToStart || task.StoppedReason != c.want || task.StartedAt != 0 {
					t.Errorf("stopped with %s %q, started at %d", task.StopCode, task.StoppedReason, task.StartedAt)
				}
				if got := task.Containers[1]; got.Reason != c.want || got.ExitCode != nil || got.LastStatus != structs.TaskStopped {
					t.Errorf("the failed container is reported as %+v", got)
				}
				h.expectRunning()
				h.wait(time.Hour)
				for _, op := range []string{"Pull bad", "Create " + name("bad", 1), "Start " + name("bad", 1)} {
					if n := count(h.engine.Calls(), op); n > 1 {
						t.Errorf("%q was called %d times", op, n)
					}
				}
			})
		})
	}
}

func TestANonEssentialContainerThatCannotStartLeavesTheTaskRunning(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("side", fake.Image{PullError: "no such image"})
		h.server.run(taskID(1), definition(container("app"), container("side", nonEssential)))
		h.wait(time.Minute)
		task := h.expect(taskID(1), structs.TaskRunning)
		if c := task.Containers[1]; c.LastStatus != structs.TaskStopped || c.Reason != "CannotPullContainerError: no such image" {
			t.Errorf("the container that cannot start is reported as %+v", c)
		}
		if task.StartedAt == 0 {
			t.Error("the task runs and has no start time")
		}
	})
}

func TestAFailedPullDoesNotWaitForTheOthers(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("huge", fake.Image{PullDelay: time.Hour})
		h.engine.SetImage("bad", fake.Image{PullError: "no such image"})
		h.server.run(taskID(1), definition(container("huge"), container("bad")))
		h.wait(time.Second)
		task := h.expect(taskID(1), structs.TaskStopped)
		if task.StoppedReason != "CannotPullContainerError: no such image" || task.Containers[0].Reason != "" {
			t.Errorf("stopped with %q, the other container with %q", task.StoppedReason, task.Containers[0].Reason)
		}
	})
}

func TestAnEngineThatIsAwayIsWaitedFor(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app")))
		h.wait(time.Second)
		h.engine.SetAway(true)
		h.server.run(taskID(2), definition(container("app")))
		h.server.run(taskID(3), definition(container("app")))
		h.wait(25 * time.Second)
		h.engine.Exit(name("app", 1), 9) // no event tells of it
		h.server.stopTask(taskID(3))
		h.wait(time.Second)
		h.expect(taskID(1), structs.TaskRunning)
		h.expect(taskID(2), structs.TaskPending)
		h.expect(taskID(3), structs.TaskStopped)
		if calls := count(h.engine.Calls(), "Pull app"); calls > 40 {
			t.Errorf("%d pulls in half a minute are too many", calls)
		}

		h.engine.SetAway(false)
		h.wait(4 * time.Second)
		if task := h.expect(taskID(1), structs.TaskStopped); *task.Containers[0].ExitCode != 9 {
			t.Errorf("exit code %d", *task.Containers[0].ExitCode)
		}
		h.expect(taskID(2), structs.TaskRunning)
		h.expectRunning(name("app", 2))
	})
}

func TestAContainerThatStartedUnseenIsStoppedAsAnyOther(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetHook(func(point string) {
			if point == "after Start "+name("app", 1) {
				h.engine.SetAway(true)
			}
		})
		h.server.run(taskID(1), definition(container("app")))
		h.wait(10 * time.Second)
		h.server.stopTask(taskID(1))
		h.wait(10 * time.Second)
		h.engine.SetAway(false)
		h.wait(time.Minute)
		task := h.expect(taskID(1), structs.TaskStopped)
		h.expectRunning()
		if c := task.Containers[0]; c.ExitCode == nil || *c.ExitCode != 143 {
			t.Errorf("the container is reported as %+v", c)
		}
	})
}

func count(list []string, what string) (n int) {
	for _, s := range list {
		if s == what {
			n++
		}
	}
	return n
}

func TestStopAllLeavesNothingOfThisInstance(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("slow", fake.Image{StopAfter: time.Hour})
		h.server.run(taskID(1), definition(container("app"), container("slow")))
		h.server.run(taskID(2), definition(container("job")))
		h.wait(time.Second)
		h.engine.Exit(name("job", 2), 0)
		h.wait(time.Second)
		stranger := runtime.ContainerSpec{Name: "stranger", Labels: map[string]string{runtime.LabelInstance: "another"}}
		if _, err := h.engine.Runtime("another").CreateContainer(h.t.Context(), stranger); err != nil {
			t.Fatal(err)
		}
		h.stop()
		if err := h.agent.StopAll(h.t.Context()); err != nil {
			t.Fatal(err)
		}
		var left []string
		for _, c := range h.engine.All() {
			left = append(left, c.Name)
		}
		if !slices.Equal(left, []string{"stranger"}) {
			t.Errorf("containers left: %q", left)
		}
	})
}
