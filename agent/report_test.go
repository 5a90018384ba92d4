package agent_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/structs"
)

func TestReportsDoNotHoldUpContainersAndTheLatestWins(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.slow = 10 * time.Second
		for n := range 5 {
			h.server.run(taskID(n), definition(container("app")))
		}
		h.wait(time.Second)
		if got := len(h.running()); got != 5 {
			t.Errorf("%d of 5 tasks run while the first report is under way", got)
		}
		h.wait(time.Minute)
		if h.server.reports > 3 {
			t.Errorf("%d reports for what happened during the first", h.server.reports)
		}
		for n := range 5 {
			h.expect(taskID(n), structs.TaskRunning)
			if got := h.server.statuses(taskID(n)); !slices.IsSorted(got) {
				t.Errorf("task %d went back: %v", n, got)
			}
		}
	})
}

// A task that runs at once takes one report. The server also hears of the steps of a slow one.
func TestOnTheWayUp(t *testing.T) {
	for title, c := range map[string]struct {
		takes   time.Duration
		reports int
	}{"fast": {300 * time.Millisecond, 1}, "slow": {20 * time.Second, 3}} {
		t.Run(title, func(t *testing.T) {
			withAgent(t, func(h *harness) {
				h.engine.SetImage("app", fake.Image{PullDelay: c.takes})
				h.server.run(taskID(1), definition(container("app")))
				h.wait(time.Second)
				if c.takes > time.Second {
					h.expect(taskID(1), structs.TaskPending)
				}
				h.wait(c.takes)
				h.expect(taskID(1), structs.TaskRunning)
				if h.server.reports > c.reports {
					t.Errorf("%d reports, want %d", h.server.reports, c.reports)
				}
			})
		})
	}
}

func TestAServerThatIsAwayMissesNothing(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("job", fake.Image{RunsFor: time.Minute, ExitCode: 5})
		h.server.run(taskID(1), definition(container("app")))
		h.server.run(taskID(2), definition(container("job")))
		h.wait(time.Second)
		h.server.setDown(true)
		h.wait(time.Hour)
		h.expectRunning(name("app", 1))
		h.server.setDown(false)
		h.wait(4 * time.Second)
		h.expect(taskID(1), structs.TaskRunning)
		task := h.expect(taskID(2), structs.TaskStopped)
		if *task.Containers[0].ExitCode != 5 || task.ExecutionStoppedAt-task.StartedAt != 60_000 {
			t.Errorf("ran from %d to %d, containers %+v", task.StartedAt, task.ExecutionStoppedAt, task.Containers)
		}
		for name, n := range h.engine.Starts() {
			if n != 1 {
				t.Errorf("%s was started %d times", name, n)
			}
		}
	})
}

func TestATaskThatEndedWhileTheServerWasAwayIsNotRunAgain(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.stop()
		h.change = func(c *agent.Config) { c.CleanupWait = time.Minute }
		h.start()
		h.server.set(func() { h.server.noReports = true })
		h.engine.SetImage("job", fake.Image{RunsFor: time.Second})
		h.server.run(taskID(1), definition(container("job")))
		h.wait(time.Hour)
		h.server.dropStreams() // the next one names the task as if it had never run
		h.wait(time.Minute)
		if n := h.engine.Starts()[name("job", 1)]; n != 1 {
			t.Errorf("it was started %d times", n)
		}
		h.restart()
		h.server.set(func() { h.server.noReports = false })
		h.wait(time.Minute)
		h.expect(taskID(1), structs.TaskStopped)
		if n := h.engine.Starts()[name("job", 1)]; n != 1 {
			t.Errorf("it was started %d times", n)
		}
	})
}

func TestAServerThatForgotTheEndIsToldAgain(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("job", fake.Image{RunsFor: time.Second})
		h.server.run(taskID(1), definition(container("job")))
		h.wait(time.Minute)
		h.expect(taskID(1), structs.TaskStopped)
		h.server.set(func() { h.server.tasks[taskID(1)].Task.LastStatus = structs.TaskRunning })
		h.server.dropStreams()
		h.wait(time.Minute)
		h.expect(taskID(1), structs.TaskStopped)
	})
}

func TestALostStreamChangesNothingForTasks(t *testing.T) {
	for _, c := range []struct {
		name string
		lose func(*harness)
	}{
		{"dropped", func(h *harness) { h.server.dropStreams() }},
		{"silent", func(h *harness) { h.server.mute() }},
		{"behind", func(h *harness) {
			task, index := h.server.tasks[taskID(1)], h.server.index
			h.server.set(func() {
				h.server.index = 1 // a replica that does not know the task yet
				delete(h.server.tasks, taskID(1))
			})
			h.server.dropStreams()
			h.wait(time.Minute)
			h.server.set(func() {
				h.server.index = index
				h.server.tasks[taskID(1)] = task
			})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			withAgent(t, func(h *harness) {
				h.server.run(taskID(1), definition(container("app")))
				h.wait(time.Second)
				c.lose(h)
				h.expectRunning(name("app", 1))
				h.wait(20 * time.Second)
				h.server.run(taskID(2), definition(container("app")))
				h.wait(time.Second)
				h.expect(taskID(1), structs.TaskRunning)
				h.expect(taskID(2), structs.TaskRunning)
				if n := h.engine.Starts()[name("app", 1)]; n != 1 {
					t.Errorf("it was started %d times", n)
				}
			})
		})
	}
}
