package fsm

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

func TestPlanStopsTasks(t *testing.T) {
	h := serving(t)
	h.do(report("i1", runningUpdate("t1", "")))
	h.decide("s1")
	h.do(createJobCommand("j2", "e2"))
	h.do(planOf("e2", "j2", structs.Placement{Task: "foreign", Instance: "i1"}))
	h.do(putServiceCommand("s1", "web", 2, "se2", ""))
	cmd := servicePlan(h, "se2", "s1", "")
	for _, task := range []string{"t1", "t1", "foreign", "gone"} {
		cmd.Plan.Stops = append(cmd.Plan.Stops, structs.Stop{Task: task, Code: structs.StopServiceSchedulerInitiated, Reason: "Scaling activity"})
	}
	h.do(cmd)
	task := h.snap().Task("t1")
	if task.DesiredStatus != structs.TaskStopped || task.StopCode != structs.StopServiceSchedulerInitiated ||
		task.StoppedReason != "Scaling activity" || task.StoppingAt != 20 || task.LastStatus != structs.TaskRunning || task.Version != 3 {
		t.Errorf("task %+v", task)
	}
	if task := h.snap().Task("foreign"); task.DesiredStatus != structs.TaskRunning {
		t.Error("a plan stopped a task of another job")
	}
	if open := h.open("s1"); len(open) != 0 {
		t.Errorf("its own stop wakes the service: %v", open)
	}
	h.do(report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped}))
	if d := h.snap().Deployment("d1"); d.FailedTasks+d.Failures != 0 {
		t.Errorf("a stop that the service asked for counts as a failure: %+v", d)
	}
	if open := h.open("s1"); len(open) != 1 {
		t.Errorf("open %v, want the service to look again when the task has stopped", open)
	}
}

func TestUnhealthyTasksCountAsFailed(t *testing.T) {
	h := serving(t)
	h.do(putServiceCommand("s1", "web", 2, "se2", ""))
	cmd := servicePlan(h, "se2", "s1", "")
	cmd.Plan.Stops = []structs.Stop{{Task: "t1", Code: structs.StopServiceSchedulerInitiated, Reason: structs.ReasonUnhealthy}}
	cmd.Plan.Deployments = []structs.Deployment{*h.snap().Deployment("d1")}
	h.do(cmd)
	if d := h.snap().Deployment("d1"); d.FailedTasks != 1 || d.Failures != 1 || d.LastFailureAt != 20 {
		t.Errorf("deployment %+v", d)
	}
}

// TestPlanPutsDeployments: a plan's deployments are taken as they are, except for failure counts
// and stop requests that came in the meantime.
func TestPlanPutsDeployments(t *testing.T) {
	h := serving(t)
	h.do(putServiceCommand("s1", "web", 2, "se2", ""))
	cmd := servicePlan(h, "se2", "s1", "")
	row := *h.snap().Deployment("d1")
	row.Rollout, row.RolloutReason, row.FinishedAt, row.FailedTasks = structs.RolloutCompleted, "completed", 20, 99
	cmd.Plan.Deployments = []structs.Deployment{row, {ID: "d2", JobVersion: 2, Status: structs.DeploymentInactive, CreatedAt: 20}}
	h.do(report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped}))
	h.do(structs.StopDeployment{Deployment: "d1", Type: "ABORT", Evaluation: structs.Evaluation{ID: "se3"}, At: 19})
	h.do(cmd)
	d := h.snap().Deployment("d1")
	if d.Rollout != structs.RolloutCompleted || d.RolloutReason != "completed" || d.FinishedAt != 20 {
		t.Errorf("deployment %+v, want it completed", d)
	}
	if d.FailedTasks != 1 || d.Failures != 1 || d.LastFailureAt != 60 || d.StopRequested != "ABORT" {
		t.Errorf("deployment %+v, want counts and request as they were", d)
	}
	if d := h.snap().Deployment("d2"); d.Job != "s1" || d.Cluster != "prod" {
		t.Errorf("new deployment %+v", d)
	}
}

func TestPlanRollsBack(t *testing.T) {
	h := serving(t)
	next := putServiceCommand("s1", "web", 2, "se2", "d2")
	next.Job.Count = 9
	h.do(next)
	cmd := servicePlan(h, "se2", "s1", "d3", structs.Placement{Task: "t3", Instance: "i1"})
	cmd.Plan.Rollback = new(*h.snap().JobVersion("s1", 1))
	cmd.Plan.Deployments = []structs.Deployment{
		{ID: "d2", Status: structs.DeploymentActive, Rollout: structs.RolloutFailed},
		{ID: "d3", JobVersion: 3, TaskDefinition: "web:1", Status: structs.DeploymentPrimary, RollbackOf: "d2", CreatedAt: 20},
	}
	cmd.Plan.Rollback.Version = 2
	h.refused(cmd, structs.KindConflict, "not the next")
	cmd.Plan.Rollback.Version = 3
	h.do(cmd)
	job := h.snap().Job("s1")
	if job.Version != 3 || job.Count != 2 || !reflect.DeepEqual(h.snap().JobVersion("s1", 3), job) {
		t.Errorf("service %+v, want version 1 again as version 3", job)
	}
	if task := h.snap().Task("t3"); task == nil || task.StartedBy != "d3" {
		t.Errorf("task %+v, want it to be the rollback's", task)
	}
}

// TestRollbackAdopts: the rollback takes over the remaining tasks of the deployment that it goes
// back to, and no others.
func TestRollbackAdopts(t *testing.T) {
	h := serving(t)
	h.do(report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped}))
	h.do(putServiceCommand("s1", "web", 2, "se2", "d2"))
	h.do(servicePlan(h, "se2", "s1", "d2", structs.Placement{Task: "t3", Instance: "i1"}))
	h.do(putServiceCommand("s1", "web", 3, "se3", ""))
	before := h.snap().Task("t2").Version
	cmd := servicePlan(h, "se3", "s1", "d3")
	cmd.Plan.Rollback = new(*h.snap().JobVersion("s1", 1))
	cmd.Plan.Rollback.Version = 4
	cmd.Plan.Deployments = []structs.Deployment{
		{ID: "d3", JobVersion: 4, TaskDefinition: "web:1", Status: structs.DeploymentPrimary, RollbackOf: "d2", Adopts: "d1", CreatedAt: 20},
	}
	h.do(cmd)
	for task, by := range map[string]string{"t1": "d1", "t2": "d3", "t3": "d2"} {
		if got := h.snap().Task(task).StartedBy; got != by {
			t.Errorf("task %s is of deployment %s, want %s", task, got, by)
		}
	}
	if after := h.snap().Task("t2").Version; after != before+1 {
		t.Errorf("version %d of the task became %d", before, after)
	}
}

// TestPlanForAnotherVersion: a plan made before a change of its service is refused.
func TestPlanForAnotherVersion(t *testing.T) {
	h := serving(t)
	h.do(putServiceCommand("s1", "web", 2, "se2", ""))
	cmd := servicePlan(h, "se2", "s1", "d1", structs.Placement{Task: "t3", Instance: "i1"})
	h.do(putServiceCommand("s1", "web", 3, "se3", "d3"))
	h.refused(cmd, structs.KindConflict, "stale")
	cmd.Plan.JobVersion = 3
	h.do(structs.DeleteService{Job: "s1", Force: true, Evaluation: structs.Evaluation{ID: "se4"}, At: 40})
	h.refused(cmd, structs.KindConflict, "stale")
}

func TestServiceEvents(t *testing.T) {
	h := serving(t)
	var want []structs.ServiceEvent
	for n := range 70 { // two events each
		eval := fmt.Sprintf("ev%d", n)
		h.do(putServiceCommand("s1", "web", n+2, eval, ""))
		cmd := servicePlan(h, eval, "s1", "")
		first := structs.ServiceEvent{ID: eval + "a", At: structs.Time(n), Message: "first"}
		second := structs.ServiceEvent{ID: eval + "b", At: structs.Time(n), Message: "second"}
		cmd.Plan.Events = []structs.ServiceEvent{first, second}
		h.do(cmd)
		want = append([]structs.ServiceEvent{second, first}, want...)
	}
	if diff := cmp.Diff(want[:structs.MaxServiceEvents], h.snap().ServiceEvents("s1").Events); diff != "" {
		t.Error(diff)
	}
}

// TestPlanForgetsFailures: failures that the plan saw no longer count; one that came since does.
func TestPlanForgetsFailures(t *testing.T) {
	h := serving(t)
	fails := func(task string) { h.do(report("i1", structs.TaskUpdate{Task: task, Status: structs.TaskStopped})) }
	fails("t1")
	h.do(putServiceCommand("s1", "web", 2, "se2", ""))
	cmd := servicePlan(h, "se2", "s1", "d1", structs.Placement{Task: "t9", Instance: "i1"})
	h.do(cmd)
	h.do(putServiceCommand("s1", "web", 3, "se3", ""))
	cmd = servicePlan(h, "se3", "s1", "")
	cmd.Plan.Forgets = &structs.FailedTasks{Deployment: "d1", Count: 1}
	fails("t9")
	h.do(cmd)
	if d := h.snap().Deployment("d1"); d.FailedTasks != 1 || d.Failures != 2 {
		t.Errorf("%d failed tasks count, and %d for the delay; want 1 and 2", d.FailedTasks, d.Failures)
	}
}
