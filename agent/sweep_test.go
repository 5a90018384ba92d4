package agent_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/structs"
)

// left returns the names of the containers that the engine has.
func (h *harness) left() (names []string) {
	for _, c := range h.engine.All() {
		names = append(names, c.Name)
	}
	return names
}

func TestContainersOfEndedTasksAreKeptForAnHour(t *testing.T) {
	for _, restart := range []bool{false, true} {
		withAgent(t, func(h *harness) {
			h.server.run(taskID(1), definition(container("app"), container("init", nonEssential)))
			h.wait(time.Second)
			h.engine.Exit(name("init", 1), 0)
			h.wait(30 * time.Minute)
			h.engine.Exit(name("app", 1), 0)
			h.wait(time.Second)
			if restart {
				h.restart()
			}
			h.wait(58 * time.Minute)
			if !slices.Contains(h.left(), name("app", 1)) {
				t.Errorf("restart %v: the container is gone before the hour is over", restart)
			}
			h.wait(10 * time.Minute)
			if left := h.left(); len(left) != 0 {
				t.Errorf("restart %v: containers left after the hour: %q", restart, left)
			}
		})
	}
}

func TestContainersOfTasksOfNobodyAreEnded(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("slow", fake.Image{StopAfter: 10 * time.Second})
		h.server.run(taskID(1), definition(container("app")))
		h.server.run(taskID(2), definition(container("slow")))
		h.wait(time.Second)
		h.stop()
		h.server.forget(taskID(2))
		h.start()
		h.expectRunning(name("app", 1))
		if left := h.left(); len(left) != 1 {
			t.Errorf("containers left: %q", left)
		}

		h.server.forget(taskID(1)) // and this one while its agent lives
		h.server.dropStreams()
		h.wait(time.Minute)
		h.expectRunning()
	})
}

func TestATaskThatTheServerHasStoppedIsEnded(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app")))
		h.wait(time.Second)
		h.server.set(func() { // as when it counted the instance as lost
			as := h.server.tasks[taskID(1)]
			as.Task.LastStatus = structs.TaskStopped
			h.server.changed(as)
		})
		h.wait(time.Second)
		h.expectRunning()
	})
}

func TestOnlyOwnContainersAreTouched(t *testing.T) {
	withAgent(t, func(h *harness) {
		other := newHarness(h.t)
		other.engine = h.engine
		other.start()
		defer other.stop()
		other.server.run(taskID(7), definition(container("app")))
		h.server.run(taskID(1), definition(container("app")))
		h.wait(time.Minute)
		h.restart()
		h.server.stopTask(taskID(1))
		h.wait(2 * time.Hour)
		h.expectRunning(name("app", 7))
		other.expect(taskID(7), structs.TaskRunning)
		if left := h.left(); len(left) != 1 {
			t.Errorf("containers left: %q", left)
		}
	})
}

func TestAContainerStartedAgainBehindTheAgentsBackIsEnded(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app")))
		h.wait(time.Second)
		instance := h.agent.Instance()
		stray := runtime.ContainerSpec{Name: "stray", Labels: map[string]string{
			runtime.LabelInstance: instance, runtime.LabelTask: taskID(9),
		}}
		rt := h.engine.Runtime(instance)
		id, err := rt.CreateContainer(h.t.Context(), stray)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rt.StartContainer(h.t.Context(), id); err != nil {
			t.Fatal(err)
		}
		h.wait(time.Minute)
		h.expectRunning(name("app", 1))
	})
}

// A container of an ended task that is started again is ended at once. Otherwise it would keep its
// ports until the next sweep by the clock. The agent leaves alone a container that is started again
// if its task still runs, or if it belongs to another instance.
func TestAContainerOfAnEndedTaskThatIsStartedAgainIsEndedAtOnce(t *testing.T) {
	for _, c := range []string{"it was seen to end", "the agent was restarted since", "while the others of the task stop", "before the end is in the log"} {
		t.Run(c, func(t *testing.T) {
			withAgent(t, func(h *harness) {
				h.engine.SetImage("slow", fake.Image{StopAfter: 20 * time.Second})
				h.server.run(taskID(1), definition(container("app"), container("slow")))
				h.server.run(taskID(2), definition(container("app"), container("init", nonEssential)))
				h.wait(time.Second)
				h.engine.Exit(name("init", 2), 0)
				h.engine.Exit(name("app", 1), 0)
				h.wait(time.Second)
				if c != "while the others of the task stop" {
					h.wait(time.Minute)
				}
				switch c {
				case "the agent was restarted since":
					h.restart()
				case "before the end is in the log":
					h.server.set(func() { h.server.noReports = true })
					h.engine.Exit(name("app", 2), 0)
					h.wait(time.Second)
					h.engine.Restart(name("app", 2))
					h.wait(time.Second)
					h.server.set(func() { h.server.noReports = false })
				}
				h.engine.Restart(name("app", 1))
				h.engine.Restart(name("init", 2))
				h.wait(25 * time.Second)
				if c == "before the end is in the log" {
					h.expectRunning()
					return
				}
				h.expectRunning(name("app", 2), name("init", 2))
				h.expect(taskID(2), structs.TaskRunning)
			})
		})
	}
}
