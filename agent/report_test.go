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
	inWorld(t, func(w *world) {
		w.server.slow = 10 * time.Second
		for n := range 5 {
			w.server.run(taskID(n), definition(container("app")))
		}
		w.wait(time.Second)
		if got := len(w.running()); got != 5 {
			t.Errorf("%d of 5 tasks run while the first report is under way", got)
		}
		w.wait(time.Minute)
		if w.server.reports > 3 {
			t.Errorf("%d reports for what happened during the first", w.server.reports)
		}
		for n := range 5 {
			w.expect(taskID(n), structs.TaskRunning)
			if got := w.server.statuses(taskID(n)); !slices.IsSorted(got) {
				t.Errorf("task %d went back: %v", n, got)
			}
		}
	})
}

// A task that runs at once is one report; of one that takes its time the server hears in between.
func TestOnTheWayUp(t *testing.T) {
	for title, c := range map[string]struct {
		takes   time.Duration
		reports int
	}{"fast": {300 * time.Millisecond, 1}, "slow": {20 * time.Second, 3}} {
		t.Run(title, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.engine.SetImage("app", fake.Image{PullDelay: c.takes})
				w.server.run(taskID(1), definition(container("app")))
				w.wait(time.Second)
				if c.takes > time.Second {
					w.expect(taskID(1), structs.TaskPending)
				}
				w.wait(c.takes)
				w.expect(taskID(1), structs.TaskRunning)
				if w.server.reports > c.reports {
					t.Errorf("%d reports, where %d do", w.server.reports, c.reports)
				}
			})
		})
	}
}

func TestAServerThatIsAwayMissesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.engine.SetImage("job", fake.Image{RunsFor: time.Minute, ExitCode: 5})
		w.server.run(taskID(1), definition(container("app")))
		w.server.run(taskID(2), definition(container("job")))
		w.wait(time.Second)
		w.server.setDown(true)
		w.wait(time.Hour)
		w.expectRunning(name("app", 1))
		w.server.setDown(false)
		w.wait(4 * time.Second)
		w.expect(taskID(1), structs.TaskRunning)
		task := w.expect(taskID(2), structs.TaskStopped)
		if *task.Containers[0].ExitCode != 5 || task.ExecutionStoppedAt-task.StartedAt != 60_000 {
			t.Errorf("ran from %d to %d, containers %+v", task.StartedAt, task.ExecutionStoppedAt, task.Containers)
		}
		for name, n := range w.engine.Starts() {
			if n != 1 {
				t.Errorf("%s was started %d times", name, n)
			}
		}
	})
}

func TestATaskThatEndedWhileTheServerWasAwayIsNotRunAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.stop()
		w.change = func(c *agent.Config) { c.CleanupWait = time.Minute }
		w.start()
		w.server.set(func() { w.server.noReports = true })
		w.engine.SetImage("job", fake.Image{RunsFor: time.Second})
		w.server.run(taskID(1), definition(container("job")))
		w.wait(time.Hour)
		w.server.dropStreams() // the next one names the task as if it had never run
		w.wait(time.Minute)
		if n := w.engine.Starts()[name("job", 1)]; n != 1 {
			t.Errorf("it was started %d times", n)
		}
		w.restart()
		w.server.set(func() { w.server.noReports = false })
		w.wait(time.Minute)
		w.expect(taskID(1), structs.TaskStopped)
		if n := w.engine.Starts()[name("job", 1)]; n != 1 {
			t.Errorf("it was started %d times", n)
		}
	})
}

func TestAServerThatForgotTheEndIsToldAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.engine.SetImage("job", fake.Image{RunsFor: time.Second})
		w.server.run(taskID(1), definition(container("job")))
		w.wait(time.Minute)
		w.expect(taskID(1), structs.TaskStopped)
		w.server.set(func() { w.server.tasks[taskID(1)].Task.LastStatus = structs.TaskRunning })
		w.server.dropStreams()
		w.wait(time.Minute)
		w.expect(taskID(1), structs.TaskStopped)
	})
}

func TestALostStreamChangesNothingForTasks(t *testing.T) {
	for _, c := range []struct {
		name string
		lose func(*world)
	}{
		{"dropped", func(w *world) { w.server.dropStreams() }},
		{"silent", func(w *world) { w.server.mute() }},
		{"behind", func(w *world) {
			task, index := w.server.tasks[taskID(1)], w.server.index
			w.server.set(func() {
				w.server.index = 1 // a replica that has not heard of the task
				delete(w.server.tasks, taskID(1))
			})
			w.server.dropStreams()
			w.wait(time.Minute)
			w.server.set(func() {
				w.server.index = index
				w.server.tasks[taskID(1)] = task
			})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.server.run(taskID(1), definition(container("app")))
				w.wait(time.Second)
				c.lose(w)
				w.expectRunning(name("app", 1))
				w.wait(20 * time.Second)
				w.server.run(taskID(2), definition(container("app")))
				w.wait(time.Second)
				w.expect(taskID(1), structs.TaskRunning)
				w.expect(taskID(2), structs.TaskRunning)
				if n := w.engine.Starts()[name("app", 1)]; n != 1 {
					t.Errorf("it was started %d times", n)
				}
			})
		})
	}
}
