package fsm

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

func TestStopDeployment(t *testing.T) {
	h := serving(t)
	cmd := structs.StopDeployment{Deployment: "d1", Type: "ROLLBACK", Evaluation: structs.Evaluation{ID: "se2", Status: structs.EvaluationReady}, At: 40}
	h.do(cmd)
	if d := h.snap().Deployment("d1"); d.StopRequested != "ROLLBACK" || d.UpdatedAt != 40 {
		t.Errorf("deployment %+v", d)
	}
	if e := h.snap().Evaluation("se2"); e == nil || e.Job != "s1" {
		t.Errorf("evaluation %+v", e)
	}
	cmd.Deployment = "d9"
	h.refused(cmd, structs.KindServiceDeploymentNotFound, "not found")
	h.do(putServiceCommand("s1", "web", 2, "se3", "d2"))
	cmd.Deployment, cmd.Evaluation.ID = "d1", "se4"
	h.refused(cmd, structs.KindConflict, "not in progress")
}

// paused returns a cluster whose service has a deployment that waits at hook p1.
func paused(t *testing.T) *harness {
	h := serving(t)
	h.do(putServiceCommand("s1", "web", 2, "se2", "d2"))
	cmd := servicePlan(h, "se2", "s1", "")
	row := *h.snap().Deployment("d2")
	row.Pauses = []structs.Pause{{ID: "p1", Stage: structs.StagePostScaleUp, Status: structs.HookAwaiting, ExpiresAt: 500}}
	cmd.Plan.Deployments = []structs.Deployment{row}
	h.do(cmd)
	return h
}

func TestContinueDeployment(t *testing.T) {
	for action, status := range map[string]string{structs.HookContinue: structs.HookSucceeded, structs.HookRollback: structs.HookFailed} {
		h := paused(t)
		before := h.snap().Deployment("d2")
		cmd := structs.ContinueDeployment{Deployment: "d2", Pause: "p1", Action: action, Evaluation: structs.Evaluation{ID: "se3"}, At: 40}
		h.do(cmd)
		if d := h.snap().Deployment("d2"); d.Pauses[0].Status != status || d.UpdatedAt != 40 {
			t.Errorf("after %s the deployment is %+v", action, d)
		}
		if !before.Pauses[0].Waits() {
			t.Error("the command changed a row that others read")
		}
		if e := h.snap().Evaluation("se3"); e == nil || e.Job != "s1" || e.Status != structs.EvaluationReady {
			t.Errorf("evaluation %+v", e)
		}
		cmd.Evaluation.ID = "se4"
		h.refused(cmd, structs.KindConflict, "does not wait at hook p1")
		cmd.Deployment = "d9"
		h.refused(cmd, structs.KindServiceDeploymentNotFound, "not found")
	}
}

// TestAnswerIsNotLost: a plan that was made before a user's answer and would end the pause
// differently does not commit.
func TestAnswerIsNotLost(t *testing.T) {
	for _, status := range []string{structs.HookAwaiting, structs.HookTimedOut} {
		h := paused(t)
		row := *h.snap().Deployment("d2")
		row.Pauses = []structs.Pause{{ID: "p1", Stage: structs.StagePostScaleUp, Status: status}}
		h.do(putServiceCommand("s1", "web", 3, "se3", ""))
		h.do(structs.ContinueDeployment{Deployment: "d2", Pause: "p1", Action: structs.HookContinue, Evaluation: structs.Evaluation{ID: "se4"}, At: 40})
		cmd := servicePlan(h, "se3", "s1", "")
		cmd.Plan.Deployments = []structs.Deployment{row}
		h.refused(cmd, structs.KindConflict, "stale")
		row.Pauses[0].Status = structs.HookSucceeded
		h.do(cmd)
	}
}

// TestDeploymentCounts: which ends of a task count as failures of its deployment.
func TestDeploymentCounts(t *testing.T) {
	stopped := structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped, StopCode: structs.StopEssentialContainerExited, StoppedAt: 31}
	quick := stopped
	quick.StartedAt = 30
	long := runningUpdate("t1", "")
	long.StartedAt = 60 - steadyUptime // reports come at 60
	// the engine forgets the health of a container that has ended
	forgot := stopped
	forgot.Containers = []structs.Container{{Name: "app", LastStatus: structs.TaskStopped, HealthStatus: structs.HealthUnknown}}
	type step = structs.Command
	saw := func(u structs.TaskUpdate) step { return report("i1", u) }
	byUser := structs.StopTasks{Tasks: []string{"t1"}, StopCode: structs.StopUserInitiated, At: 35}
	for name, c := range map[string]struct {
		healthCheck      bool
		before           int // failures in a row
		steps            []step
		failed, failures int
	}{
		"does not start":                  {steps: []step{saw(stopped)}, failed: 1, failures: 1},
		"is seen to go down, then down":   {steps: []step{saw(structs.TaskUpdate{Task: "t1", Status: structs.TaskDeactivating}), saw(stopped)}, failed: 1, failures: 1},
		"the report comes twice":          {steps: []step{saw(stopped), saw(stopped)}, failed: 1, failures: 1},
		"starts":                          {before: 3, steps: []step{saw(runningUpdate("t1", ""))}, failures: 3},
		"starts and ends":                 {before: 3, steps: []step{saw(runningUpdate("t1", "")), saw(stopped)}, failed: 1, failures: 4},
		"starts and ends between reports": {before: 3, steps: []step{saw(quick)}, failed: 1, failures: 4},
		"ends after a steady life":        {before: 3, steps: []step{saw(long), saw(stopped)}, failures: 1},
		"another one does not start":      {before: 3, steps: []step{saw(stopped)}, failed: 1, failures: 4},
		"stopped by a user":               {steps: []step{byUser, saw(stopped)}},
		"health unknown at first":         {healthCheck: true, before: 3, steps: []step{saw(runningUpdate("t1", structs.HealthUnknown))}, failures: 3},
		"healthy":                         {healthCheck: true, before: 3, steps: []step{saw(runningUpdate("t1", structs.Healthy))}, failures: 3},
		"ends before it is healthy":       {healthCheck: true, steps: []step{saw(runningUpdate("t1", structs.HealthUnknown)), saw(stopped)}, failed: 1, failures: 1},
		"ends after it was healthy":       {healthCheck: true, steps: []step{saw(runningUpdate("t1", structs.Healthy)), saw(forgot)}, failed: 1, failures: 1},
		"ends unhealthy": {healthCheck: true, steps: []step{
			saw(runningUpdate("t1", structs.Healthy)), saw(runningUpdate("t1", structs.Unhealthy)), saw(stopped)}, failed: 1, failures: 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := serving(t)
			if c.healthCheck {
				withHealthCheck(h, "web:1")
			}
			failuresBefore(h, "d1", c.before)
			for _, s := range c.steps {
				h.do(s)
			}
			d := h.snap().Deployment("d1")
			if d.FailedTasks != c.failed || d.Failures != c.failures {
				t.Errorf("%d failed, %d in a row; want %d, %d", d.FailedTasks, d.Failures, c.failed, c.failures)
			}
			if (d.LastFailureAt == 60) != (c.failures > c.before || c.failures == 1) {
				t.Errorf("last failure at %d", d.LastFailureAt)
			}
		})
	}
}

// TestOwnTasksCountForNoDeployment: users may set the startedBy of a task to the id of a
// deployment.
func TestOwnTasksCountForNoDeployment(t *testing.T) {
	h := serving(t)
	cmd := createJobCommand("j2", "e2")
	cmd.Job.StartedBy = "d1"
	h.do(cmd)
	h.do(planOf("e2", "j2", structs.Placement{Task: "t9", Instance: "i1"}))
	h.do(report("i1", structs.TaskUpdate{Task: "t9", Status: structs.TaskStopped}))
	if d := h.snap().Deployment("d1"); d.FailedTasks+d.Failures != 0 {
		t.Errorf("deployment %+v", d)
	}
}
