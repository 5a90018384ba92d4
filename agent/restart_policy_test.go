package agent_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/structs"
)

func restarts(period int32, ignored ...int32) func(*structs.ContainerDefinition) {
	return func(c *structs.ContainerDefinition) {
		c.RestartPolicy = &structs.ContainerRestartPolicy{Enabled: new(true), IgnoredExitCodes: ignored}
		if period != 0 {
			c.RestartPolicy.RestartAttemptPeriod = &period
		}
	}
}

func TestARestartPolicyStartsAContainerAgain(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("app", fake.Image{HealthyAfter: 10 * time.Second})
		h.server.run(taskID(1), definition(container("app", restarts(60), checked), container("side", after("app HEALTHY"))))
		h.wait(time.Minute)
		before := h.expect(taskID(1), structs.TaskRunning)
		for n := range int32(3) {
			h.engine.Exit(name("app", 1), 7)
			h.wait(time.Second)
			task := h.expect(taskID(1), structs.TaskRunning)
			c := task.Containers[0]
			if c.RestartCount != n+1 || c.LastStatus != structs.TaskRunning || c.ExitCode != nil || c.RuntimeID != before.Containers[0].RuntimeID ||
				c.HealthStatus != structs.HealthUnknown || c.StartedAt != structs.TimeOf(time.Now())-1000 || task.StartedAt != before.StartedAt {
				t.Errorf("after restart %d the container is %+v", n+1, c)
			}
			h.wait(time.Minute)
			if c := h.task(taskID(1)).Containers[0]; c.HealthStatus != structs.Healthy {
				t.Errorf("it is %s", c.HealthStatus)
			}
		}
		h.expectRunning(name("app", 1), name("side", 1))
		h.restart()
		if c := h.expect(taskID(1), structs.TaskRunning).Containers[0]; c.RestartCount != 3 {
			t.Errorf("a new agent says %+v", c)
		}
		h.server.stopTask(taskID(1))
		h.wait(time.Minute)
		h.expect(taskID(1), structs.TaskStopped)
		h.expectRunning()
	})
}

func TestWhenAContainerIsNotStartedAgain(t *testing.T) {
	for _, c := range []struct {
		name   string
		policy func(*structs.ContainerDefinition)
		ran    time.Duration
		code   int32
		again  bool
	}{
		{"it ran for the period", restarts(60), 61 * time.Second, 1, true},
		{"it ran for less", restarts(60), 59 * time.Second, 1, false},
		{"it ran for the default period", restarts(0), 301 * time.Second, 0, true},
		{"it ran for less than that", restarts(0), 299 * time.Second, 0, false},
		{"its exit code is ignored", restarts(60, 0, 1), time.Hour, 1, false},
		{"another exit code is ignored", restarts(60, 0, 1), time.Hour, 2, true},
		{"the policy is not enabled", func(c *structs.ContainerDefinition) {
			c.RestartPolicy = &structs.ContainerRestartPolicy{Enabled: new(false)}
		}, time.Hour, 1, false},
	} {
		for _, meanwhile := range []bool{false, true} { // it ends while no agent runs
			t.Run(c.name, func(t *testing.T) {
				withAgent(t, func(h *harness) {
					h.engine.SetImage("app", fake.Image{RunsFor: c.ran, ExitCode: c.code})
					h.server.run(taskID(1), definition(container("app", c.policy), container("other")))
					h.wait(time.Second)
					if meanwhile {
						h.stop()
						time.Sleep(c.ran + 10*time.Second)
						h.start()
					} else {
						h.wait(c.ran)
					}
					if c.again {
						h.expectRunning(name("app", 1), name("other", 1))
						h.expect(taskID(1), structs.TaskRunning)
						return
					}
					task := h.expect(taskID(1), structs.TaskStopped)
					if task.StopCode != structs.StopEssentialContainerExited || *task.Containers[0].ExitCode != c.code || h.engine.Starts()[name("app", 1)] != 1 {
						t.Errorf("stopped with %s, container %+v", task.StopCode, task.Containers[0])
					}
				})
			})
		}
	}
}

// A container that ran long enough once is not started again after a short run.
func TestThePeriodCountsFromTheLastStart(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app", restarts(60)), container("other")))
		h.wait(2 * time.Minute)
		h.engine.Exit(name("app", 1), 1)
		h.wait(59 * time.Second)
		h.engine.Exit(name("app", 1), 2)
		h.wait(time.Second)
		task := h.expect(taskID(1), structs.TaskStopped)
		if c := task.Containers[0]; c.RestartCount != 1 || *c.ExitCode != 2 {
			t.Errorf("the container is %+v", c)
		}
	})
}

// What was asked to stop is not started again, and neither is what cannot be.
func TestAStopIsNoReasonToRestart(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("app", fake.Image{StopAfter: time.Second})
		h.server.run(taskID(1), definition(container("app", restarts(60)), container("side", nonEssential, restarts(60))))
		h.server.run(taskID(2), definition(container("bad", restarts(60))))
		h.wait(time.Hour)
		h.engine.SetImage("bad", fake.Image{StartError: "port is taken"})
		h.engine.Exit(name("bad", 2), 5)
		h.server.stopTask(taskID(1))
		h.wait(time.Minute)
		h.expect(taskID(1), structs.TaskStopped)
		task := h.expect(taskID(2), structs.TaskStopped)
		if c := task.Containers[0]; *c.ExitCode != 5 || c.Reason != "CannotStartContainerError: port is taken" || task.StopCode != structs.StopEssentialContainerExited {
			t.Errorf("what could not be started again: %s, container %+v", task.StopCode, c)
		}
		h.expectRunning()
		if n := h.engine.Starts()[name("side", 1)]; n != 1 {
			t.Errorf("the sidecar was started %d times", n)
		}
	})
}

// An end and a request to stop at the same moment never leave a container running.
func TestAStopDuringARestart(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Second} {
		withAgent(t, func(h *harness) {
			h.server.run(taskID(1), definition(container("app", restarts(60))))
			h.wait(time.Hour)
			h.engine.SetImage("app", fake.Image{StartDelay: 2 * time.Second})
			h.engine.Exit(name("app", 1), 1)
			if delay > 0 {
				h.wait(delay)
			}
			h.server.stopTask(taskID(1))
			synctest.Wait()
			h.wait(time.Minute)
			h.expect(taskID(1), structs.TaskStopped)
			h.expectRunning()
		})
	}
}

// What could not be started again is not tried again by the next agent.
func TestARefusedRestartIsNotTriedAgain(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app"), container("side", nonEssential, restarts(60))))
		h.wait(time.Hour)
		h.engine.SetImage("side", fake.Image{StartError: "port is taken"})
		h.engine.Exit(name("side", 1), 1)
		h.wait(time.Second)
		h.engine.SetImage("side", fake.Image{})
		h.restart()
		if c := h.expect(taskID(1), structs.TaskRunning).Containers[1]; c.LastStatus != structs.TaskStopped || c.Reason != "CannotStartContainerError: port is taken" {
			t.Errorf("the sidecar is %+v", c)
		}
		h.expectRunning(name("app", 1))
	})
}

// Why a container ended is told even if its task was asked to stop before it could be started
// again.
func TestAStopKeepsTheReasonOfAnEnd(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app", restarts(60))))
		h.wait(time.Hour)
		h.stop()
		h.engine.KillForMemory(name("app", 1))
		h.server.stopTask(taskID(1))
		h.start()
		if c := h.expect(taskID(1), structs.TaskStopped).Containers[0]; c.Reason != "OutOfMemoryError: Container killed due to memory usage" {
			t.Errorf("the container is %+v", c)
		}
	})
}
