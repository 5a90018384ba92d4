package agent_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/structs"
)

// left lists the containers that the engine has.
func (w *world) left() (names []string) {
	for _, c := range w.engine.All() {
		names = append(names, c.Name)
	}
	return names
}

func TestContainersOfEndedTasksAreKeptForAnHour(t *testing.T) {
	for _, restart := range []bool{false, true} {
		inWorld(t, func(w *world) {
			w.server.run(taskID(1), definition(container("app"), container("init", nonEssential)))
			w.wait(time.Second)
			w.engine.Exit(name("init", 1), 0)
			w.wait(30 * time.Minute)
			w.engine.Exit(name("app", 1), 0)
			w.wait(time.Second)
			if restart {
				w.restart()
			}
			w.wait(58 * time.Minute)
			if !slices.Contains(w.left(), name("app", 1)) {
				t.Errorf("restart %v: the container is gone before the hour is over", restart)
			}
			w.wait(10 * time.Minute)
			if left := w.left(); len(left) != 0 {
				t.Errorf("restart %v: left after the hour are %q", restart, left)
			}
		})
	}
}

func TestContainersOfTasksOfNobodyAreEnded(t *testing.T) {
	inWorld(t, func(w *world) {
		w.engine.SetImage("slow", fake.Image{StopAfter: 10 * time.Second})
		w.server.run(taskID(1), definition(container("app")))
		w.server.run(taskID(2), definition(container("slow")))
		w.wait(time.Second)
		w.stop()
		w.server.forget(taskID(2))
		w.start()
		w.expectRunning(name("app", 1))
		if left := w.left(); len(left) != 1 {
			t.Errorf("left are %q", left)
		}

		w.server.forget(taskID(1)) // and this one while its agent lives
		w.server.dropStreams()
		w.wait(time.Minute)
		w.expectRunning()
	})
}

func TestATaskThatTheServerHasStoppedIsEnded(t *testing.T) {
	inWorld(t, func(w *world) {
		w.server.run(taskID(1), definition(container("app")))
		w.wait(time.Second)
		w.server.set(func() { // as when it took the instance for lost
			as := w.server.tasks[taskID(1)]
			as.Task.LastStatus = structs.TaskStopped
			w.server.changed(as)
		})
		w.wait(time.Second)
		w.expectRunning()
	})
}

func TestOnlyOwnContainersAreTouched(t *testing.T) {
	inWorld(t, func(w *world) {
		other := newWorld(w.t)
		other.engine = w.engine
		other.start()
		defer other.stop()
		other.server.run(taskID(7), definition(container("app")))
		w.server.run(taskID(1), definition(container("app")))
		w.wait(time.Minute)
		w.restart()
		w.server.stopTask(taskID(1))
		w.wait(2 * time.Hour)
		w.expectRunning(name("app", 7))
		other.expect(taskID(7), structs.TaskRunning)
		if left := w.left(); len(left) != 1 {
			t.Errorf("left are %q", left)
		}
	})
}

func TestAContainerStartedAgainBehindTheAgentsBackIsEnded(t *testing.T) {
	inWorld(t, func(w *world) {
		w.server.run(taskID(1), definition(container("app")))
		w.wait(time.Second)
		instance := w.agent.Instance()
		stray := runtime.ContainerSpec{Name: "stray", Labels: map[string]string{
			runtime.LabelInstance: instance, runtime.LabelTask: taskID(9),
		}}
		rt := w.engine.Runtime(instance)
		id, err := rt.CreateContainer(w.t.Context(), stray)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rt.StartContainer(w.t.Context(), id); err != nil {
			t.Fatal(err)
		}
		w.wait(time.Minute)
		w.expectRunning(name("app", 1))
	})
}

// TestAContainerOfAnEndedTaskThatIsStartedAgainIsEndedAtOnce, or it would hold its ports until the
// sweeper comes by. One that ended of a task that runs on is its owner's, and so is another
// instance's.
func TestAContainerOfAnEndedTaskThatIsStartedAgainIsEndedAtOnce(t *testing.T) {
	for _, c := range []string{"it was seen to end", "the agent was restarted since", "while the others of the task stop", "before the end is in the log"} {
		t.Run(c, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.engine.SetImage("slow", fake.Image{StopAfter: 20 * time.Second})
				w.server.run(taskID(1), definition(container("app"), container("slow")))
				w.server.run(taskID(2), definition(container("app"), container("init", nonEssential)))
				w.wait(time.Second)
				w.engine.Exit(name("init", 2), 0)
				w.engine.Exit(name("app", 1), 0)
				w.wait(time.Second)
				if c != "while the others of the task stop" {
					w.wait(time.Minute)
				}
				switch c {
				case "the agent was restarted since":
					w.restart()
				case "before the end is in the log":
					w.server.set(func() { w.server.noReports = true })
					w.engine.Exit(name("app", 2), 0)
					w.wait(time.Second)
					w.engine.Restart(name("app", 2))
					w.wait(time.Second)
					w.server.set(func() { w.server.noReports = false })
				}
				w.engine.Restart(name("app", 1))
				w.engine.Restart(name("init", 2))
				w.wait(25 * time.Second)
				if c == "before the end is in the log" {
					w.expectRunning()
					return
				}
				w.expectRunning(name("app", 2), name("init", 2))
				w.expect(taskID(2), structs.TaskRunning)
			})
		})
	}
}
