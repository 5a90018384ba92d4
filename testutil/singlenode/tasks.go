package singlenode

import (
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// Advance moves the clock forward, and schedules each evaluation that waited for a time at that
// time.
func (c *Node) Advance(t testing.TB, by time.Duration) {
	t.Helper()
	c.mu.Lock()
	end := c.now.Add(by)
	c.mu.Unlock()
	for range maxEvaluations {
		eval := c.nextWaiting(structs.TimeOf(end))
		if eval == nil {
			c.moveTo(end)
			return
		}
		c.moveTo(eval.WaitUntil.Std())
		if err := c.evaluate(eval); err != nil {
			t.Fatal(err)
		}
		if err := c.evaluateReady(); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("evaluations do not end: %d until %s", maxEvaluations, end)
}

// nextWaiting returns the evaluation whose time comes first, or nil if none comes in time.
func (c *Node) nextWaiting(until structs.Time) (next *structs.Evaluation) {
	for eval := range c.Store.Snapshot().Evaluations() {
		if eval.Status != structs.EvaluationReady || eval.WaitUntil == 0 || eval.WaitUntil > until {
			continue
		}
		if next == nil || eval.WaitUntil < next.WaitUntil {
			next = eval
		}
	}
	return next
}

func (c *Node) moveTo(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.After(c.now) {
		c.now = now
	}
}

// Run reports tasks RUNNING, as their agents would. Containers with a health check are HEALTHY.
func (c *Node) Run(t testing.TB, tasks ...string) {
	t.Helper()
	for _, id := range tasks {
		now := structs.TimeOf(c.clock())
		c.report(t, structs.TaskUpdate{
			Task: id, Status: structs.TaskRunning, PullStartedAt: now, PullStoppedAt: now, StartedAt: now,
			Containers: c.containers(t, id, structs.TaskRunning, structs.Healthy, nil),
		})
	}
}

// SetHealth reports the health of a RUNNING task: structs.Healthy, Unhealthy or HealthUnknown.
func (c *Node) SetHealth(t testing.TB, id, health string) {
	t.Helper()
	c.report(t, structs.TaskUpdate{
		Task: id, Status: structs.TaskRunning, Containers: c.containers(t, id, structs.TaskRunning, health, nil),
	})
}

// Fail reports tasks STOPPED that nobody stopped. Tasks that are not RUNNING failed to start; the
// containers of others ended with exit code 1.
func (c *Node) Fail(t testing.TB, tasks ...string) {
	t.Helper()
	for _, id := range tasks {
		u := structs.TaskUpdate{
			StopCode: structs.StopEssentialContainerExited, StoppedReason: structs.ReasonEssentialContainerExited,
			Containers: c.containers(t, id, structs.TaskStopped, structs.HealthUnknown, new(int32(1))),
		}
		if c.task(t, id).LastStatus < structs.TaskRunning {
			u = structs.TaskUpdate{
				StopCode: structs.StopTaskFailedToStart, StoppedReason: "CannotPullContainerError: no such image",
				Containers: c.containers(t, id, structs.TaskStopped, structs.HealthUnknown, nil),
			}
		}
		c.reportStopped(t, id, u)
	}
}

// StopReported reports every task STOPPED that is meant to stop, and returns their ids.
func (c *Node) StopReported(t testing.TB) (stopped []string) {
	t.Helper()
	for task := range c.Store.Snapshot().AllTasks() {
		if task.DesiredStatus == structs.TaskStopped && task.Holds() {
			stopped = append(stopped, task.ID)
		}
	}
	for _, id := range stopped {
		c.reportStopped(t, id, structs.TaskUpdate{
			Containers: c.containers(t, id, structs.TaskStopped, structs.HealthUnknown, new(int32(0))),
		})
	}
	return stopped
}

// RunPlaced reports every task RUNNING that is meant to run, and returns their ids.
func (c *Node) RunPlaced(t testing.TB) (running []string) {
	t.Helper()
	for task := range c.Store.Snapshot().AllTasks() {
		if task.DesiredStatus == structs.TaskRunning && task.LastStatus < structs.TaskRunning && !task.Queued() {
			running = append(running, task.ID)
		}
	}
	c.Run(t, running...)
	return running
}

// Settle does what every agent is told, round after round, until nothing is left to do.
func (c *Node) Settle(t testing.TB) {
	t.Helper()
	for range maxEvaluations {
		if len(c.StopReported(t))+len(c.RunPlaced(t)) == 0 {
			return
		}
	}
	t.Fatal("tasks start and stop forever")
}

func (c *Node) reportStopped(t testing.TB, id string, u structs.TaskUpdate) {
	t.Helper()
	now := structs.TimeOf(c.clock())
	u.Task, u.Status = id, structs.TaskStopped
	u.StoppingAt, u.ExecutionStoppedAt, u.StoppedAt = now, now, now
	c.report(t, u)
}

func (c *Node) report(t testing.TB, u structs.TaskUpdate) {
	t.Helper()
	if err := c.Control.ReportTasks(t.Context(), c.task(t, u.Task).Instance, 0, []structs.TaskUpdate{u}); err != nil {
		t.Fatal(err)
	}
}

func (c *Node) task(t testing.TB, id string) *structs.Task {
	t.Helper()
	task := c.Store.Snapshot().Task(id)
	if task == nil {
		t.Fatalf("there is no task %s", id)
	}
	return task
}

// containers returns the containers of a task's definition, all with the same state.
func (c *Node) containers(t testing.TB, id string, status structs.TaskStatus, health string, exit *int32) []structs.Container {
	t.Helper()
	definition := c.Store.Snapshot().TaskDefinition(c.task(t, id).TaskDefinition)
	containers := make([]structs.Container, len(definition.ContainerDefinitions))
	for n, d := range definition.ContainerDefinitions {
		containers[n] = structs.Container{Name: d.Name, LastStatus: status, ExitCode: exit, HealthStatus: structs.HealthUnknown}
		if d.HealthCheck.Checks() {
			containers[n].HealthStatus = health
		}
	}
	return containers
}
