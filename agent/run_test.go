package agent_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/structs"
)

func TestATaskGoesThroughItsWholeLife(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("app", fake.Image{PullDelay: time.Second, StartDelay: time.Second, StopAfter: time.Second})
		app := container("app", func(c *structs.ContainerDefinition) {
			c.PortMappings = []structs.PortMapping{{ContainerPort: new(int32(80))}}
		})
		h.server.run(taskID(1), definition(app, container("side")))
		h.wait(time.Minute)

		task := h.expect(taskID(1), structs.TaskRunning)
		h.expectRunning(name("app", 1), name("side", 1))
		if task.PullStartedAt == 0 || task.PullStoppedAt-task.PullStartedAt != 1000 || task.StartedAt-task.PullStoppedAt != 1000 {
			t.Errorf("pull from %d to %d, started at %d: want a second each", task.PullStartedAt, task.PullStoppedAt, task.StartedAt)
		}
		c := task.Containers[0]
		if c.Name != "app" || c.LastStatus != structs.TaskRunning || c.RuntimeID == "" || c.ImageDigest == "" || len(c.NetworkBindings) != 1 {
			t.Errorf("the container is reported as %+v", c)
		}

		h.server.stopTask(taskID(1))
		h.wait(time.Minute)
		task = h.expect(taskID(1), structs.TaskStopped)
		h.expectRunning()
		if task.StopCode != structs.StopUserInitiated || task.StoppedReason != structs.ReasonStoppedByUser {
			t.Errorf("stopped with %s %q: the server's words must stand", task.StopCode, task.StoppedReason)
		}
		if task.ExecutionStoppedAt-task.StoppingAt != 1000 || task.StoppedAt < task.ExecutionStoppedAt {
			t.Errorf("stopping at %d, execution stopped at %d, stopped at %d", task.StoppingAt, task.ExecutionStoppedAt, task.StoppedAt)
		}
		c = task.Containers[0]
		if c.LastStatus != structs.TaskStopped || c.ExitCode == nil || *c.ExitCode != 143 || len(c.NetworkBindings) != 1 {
			t.Errorf("the stopped container is reported as %+v", c)
		}
		want := []structs.TaskStatus{structs.TaskPending, structs.TaskActivating, structs.TaskRunning,
			structs.TaskDeactivating, structs.TaskStopping, structs.TaskDeprovisioning, structs.TaskStopped}
		for _, u := range h.server.history[taskID(1)] {
			if u.StopCode != "" || u.StoppingAt != 0 {
				t.Errorf("the agent has its own words for a stop that the server asked for: %+v", u)
			}
		}
		got := h.server.statuses(taskID(1))
		if !slices.IsSorted(got) {
			t.Errorf("statuses went back: %v", got)
		}
		for _, s := range []structs.TaskStatus{structs.TaskPending, structs.TaskActivating, structs.TaskRunning, structs.TaskStopped} {
			if !slices.Contains(got, s) {
				t.Errorf("%v was never reported; got %v of %v", s, got, want)
			}
		}
	})
}

func TestContainersStartInTheOrderOfTheDefinition(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("zulu"), container("alpha"), container("mike")))
		h.wait(time.Minute)
		var order []string
		for _, call := range h.engine.Calls() {
			var started string
			if n, _ := fmt.Sscanf(call, "Start %s", &started); n == 1 {
				order = append(order, started)
			}
		}
		if want := []string{name("zulu", 1), name("alpha", 1), name("mike", 1)}; !slices.Equal(order, want) {
			t.Errorf("started %q, not %q", order, want)
		}
	})
}

func TestAnImageOfSeveralContainersIsPulledOnceAndImagesPullAtTheSameTime(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("shared", fake.Image{PullDelay: 10 * time.Second})
		h.engine.SetImage("other", fake.Image{PullDelay: 10 * time.Second})
		shared := func(c *structs.ContainerDefinition) { c.Image = "shared" }
		h.server.run(taskID(1), definition(container("a", shared), container("b", shared), container("other")))
		h.wait(11 * time.Second)
		h.expect(taskID(1), structs.TaskRunning)
		pulls := 0
		for _, call := range h.engine.Calls() {
			if call == "Pull shared" {
				pulls++
			}
		}
		if pulls != 1 {
			t.Errorf("the shared image was pulled %d times", pulls)
		}
	})
}

func TestAnEssentialContainerEndsTheTaskAndAnotherOneDoesNot(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("app", fake.Image{StopAfter: 5 * time.Second})
		h.server.run(taskID(1), definition(container("app"), container("init", nonEssential), container("proxy")))
		h.wait(time.Second)

		h.engine.Exit(name("init", 1), 3)
		h.wait(time.Minute)
		task := h.expect(taskID(1), structs.TaskRunning)
		if c := task.Containers[1]; c.LastStatus != structs.TaskStopped || c.ExitCode == nil || *c.ExitCode != 3 {
			t.Errorf("the non-essential container that ended is reported as %+v", c)
		}

		exited := structs.TimeOf(time.Now())
		h.engine.Exit(name("proxy", 1), 1)
		h.wait(time.Second)
		if task := h.expect(taskID(1), structs.TaskStopping); task.StopCode != structs.StopEssentialContainerExited {
			t.Errorf("while its other containers stop the task says %q", task.StopCode)
		}
		h.wait(time.Minute)
		task = h.expect(taskID(1), structs.TaskStopped)
		h.expectRunning()
		if task.StopCode != structs.StopEssentialContainerExited || task.StoppedReason != structs.ReasonEssentialContainerExited {
			t.Errorf("stopped with %s %q", task.StopCode, task.StoppedReason)
		}
		if task.StoppingAt != exited || task.ExecutionStoppedAt != exited+5000 {
			t.Errorf("stopping at %d and execution stopped at %d, not %d and 5 s later", task.StoppingAt, task.ExecutionStoppedAt, exited)
		}
		if a, p := task.Containers[0], task.Containers[2]; *a.ExitCode != 143 || *p.ExitCode != 1 {
			t.Errorf("exit codes %d and %d, not 143 and 1", *a.ExitCode, *p.ExitCode)
		}
	})
}

func TestTheEndOfTheOnlyContainerIsReportedAtOnce(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app")))
		h.wait(time.Minute)
		before := time.Now()
		h.engine.Exit(name("app", 1), 137)
		h.wait(0)
		task := h.expect(taskID(1), structs.TaskStopped)
		if time.Since(before) != 0 || *task.Containers[0].ExitCode != 137 {
			t.Errorf("STOPPED came after %v with exit code %d", time.Since(before), *task.Containers[0].ExitCode)
		}
		got := h.server.statuses(taskID(1))
		if got[len(got)-2] != structs.TaskRunning {
			t.Errorf("STOPPED waited for the report of another status: %v", got)
		}
	})
}

func TestAContainerKilledForMemorySaysSo(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app")))
		h.wait(time.Minute)
		h.engine.KillForMemory(name("app", 1))
		h.wait(time.Second)
		c := h.expect(taskID(1), structs.TaskStopped).Containers[0]
		if *c.ExitCode != 137 || c.Reason != "OutOfMemoryError: Container killed due to memory usage" {
			t.Errorf("exit code %d, reason %q", *c.ExitCode, c.Reason)
		}
	})
}

func TestHealthIsPassedOn(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app")))
		h.wait(time.Minute)
		h.engine.SetHealth(name("app", 1), "UNHEALTHY")
		h.wait(time.Second)
		if health := h.expect(taskID(1), structs.TaskRunning).Containers[0].HealthStatus; health != "UNHEALTHY" {
			t.Errorf("health is %q", health)
		}
	})
}

func TestNoMoreThanTheLimitStartAtATime(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.stop()
		h.change = func(c *agent.Config) { c.StartConcurrency = 3 }
		h.start()
		h.engine.SetImage("app", fake.Image{CreateDelay: time.Second, StartDelay: time.Second})
		for n := range 20 {
			h.server.run(taskID(n), definition(container("app")))
		}
		h.wait(14*time.Second + time.Millisecond)
		if most := h.engine.MostBusy(); most != 3 {
			t.Errorf("%d containers were being made at a time, not 3", most)
		}
		if got := len(h.running()); got != 20 {
			t.Errorf("%d of 20 tasks run after the 7 turns that they need", got)
		}
	})
}

func TestATaskThatWaitsForItsTurnToStartCanBeStopped(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.stop()
		h.change = func(c *agent.Config) { c.StartConcurrency = 1 }
		h.start()
		h.engine.SetImage("slow", fake.Image{StartDelay: time.Hour})
		h.server.run(taskID(1), definition(container("slow")))
		h.wait(time.Second)
		h.server.run(taskID(2), definition(container("app")))
		h.wait(time.Second)
		h.server.stopTask(taskID(2))
		h.wait(time.Second)
		h.expect(taskID(2), structs.TaskStopped)
	})
}
