package fsm

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

// queueing makes cluster with job q1, whose tasks q1a and q1b wait for room: its evaluation qe1 is blocked.
func queueing(t testing.TB) *harness {
	h := cluster(t)
	h.do(planOf("e1", "j1"))
	cmd := createJobCommand("q1", "qe1")
	cmd.Job.Type, cmd.Job.CapacityStrategy = structs.JobBatch, []structs.CapacityProviderStrategyItem{{CapacityProvider: "FARGATE"}}
	cmd.Tasks = []string{"q1a", "q1b"}
	h.do(cmd)
	plan := planOf("qe1", "q1")
	plan.Plan.Status, plan.Plan.Unplaced = structs.EvaluationBlocked, 2
	h.do(plan)
	return h
}

func TestQueuedTasks(t *testing.T) {
	h := queueing(t)
	want := &structs.Task{
		ID: "q1a", Cluster: "prod", Job: "q1", TaskDefinition: "web:1", Group: "family:web", StartedBy: "me",
		LastStatus: structs.TaskProvisioning, DesiredStatus: structs.TaskRunning, Version: 1, CPU: 384, Memory: 384, CreatedAt: 10,
	}
	if diff := cmp.Diff(want, h.snap().Task("q1a")); diff != "" {
		t.Error(diff)
	}
	if tags := h.snap().Tags("task/prod/q1a"); len(tags) != 1 {
		t.Errorf("tags %v", tags)
	}
	h.do(report("", runningUpdate("q1a", "")))
	if diff := cmp.Diff(want, h.snap().Task("q1a")); diff != "" {
		t.Errorf("a report of no instance counts: %s", diff)
	}

	plan := planOf("qe1", "q1", structs.Placement{Task: "q1a", Instance: "i1"})
	plan.Plan.Status, plan.Plan.Unplaced = structs.EvaluationBlocked, 1
	h.do(plan)
	want.Instance, want.Version = "i1", 2
	if diff := cmp.Diff(want, h.snap().Task("q1a")); diff != "" {
		t.Errorf("placed: %s", diff)
	}
	if on := slices.Collect(h.snap().InstanceTasks("i1")); len(on) != 1 || h.snap().Usage("i1").Memory != 384 {
		t.Error("a task that was placed does not count for its instance")
	}
	if diff := cmp.Diff(map[string]string{"qe1": "blocked "}, h.open("q1")); diff != "" {
		t.Error(diff)
	}
}

// TestQueuedTaskIsPlacedOnce: a plan that was made twice, or of a task that was stopped since, changes nothing.
func TestQueuedTaskIsPlacedOnce(t *testing.T) {
	h := queueing(t)
	h.do(structs.StopTasks{Tasks: []string{"q1b"}, StopCode: structs.StopUserInitiated, Reason: "no more", At: 70})
	plan := planOf("qe1", "q1", structs.Placement{Task: "q1a", Instance: "i1"}, structs.Placement{Task: "q1b", Instance: "i1"})
	plan.Plan.Status = structs.EvaluationBlocked
	h.do(plan)
	if e := h.snap().Evaluation("qe1"); e.Unplaced != 0 || len(e.Failures) > 0 {
		t.Errorf("a task that was stopped counts as unplaced: %+v", e)
	}
	if row := h.snap().Task("q1b"); row.Instance != "" || row.LastStatus != structs.TaskStopped {
		t.Errorf("a stopped task was placed: %+v", row)
	}
	h.do(planOf("qe1", "q1", structs.Placement{Task: "q1a", Instance: "i2"}, structs.Placement{Task: "t9", Instance: "i2"}))
	if row := h.snap().Task("q1a"); row.Instance != "i1" {
		t.Errorf("the task moved to %s", row.Instance)
	}
	if e := h.snap().Evaluation("qe1"); e.Unplaced != 1 {
		t.Errorf("%d unplaced, want the one that has an instance already", e.Unplaced)
	}
}

func TestStopQueuedTask(t *testing.T) {
	h := queueing(t)
	h.do(structs.StopTasks{Tasks: []string{"q1a"}, StopCode: structs.StopUserInitiated, Reason: "no more", At: 70})
	row := h.snap().Task("q1a")
	if row.LastStatus != structs.TaskStopped || row.StoppedAt != 70 || row.StoppedReason != "no more" || row.Version != 2 {
		t.Errorf("it is not STOPPED at once: %+v", row)
	}
	if got := h.snap().Evaluation("qe1").Status; got != structs.EvaluationBlocked {
		t.Errorf("with a task left the evaluation is %s", got)
	}
	h.do(structs.StopTasks{Tasks: []string{"q1b"}, StopCode: structs.StopUserInitiated, Reason: "no more", At: 71})
	if e := h.snap().Evaluation("qe1"); e.Status != structs.EvaluationDone || e.DoneAt != 71 {
		t.Errorf("with no task left the evaluation is %s", e.Status)
	}
	h.do(structs.Collect{Before: 1000})
	if h.snap().Task("q1a") != nil || h.snap().Job("q1") != nil {
		t.Error("the job is not forgotten")
	}
}
