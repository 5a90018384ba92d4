package fsm

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

// batching returns cluster with batch job b1 of three tasks, two at a time: t1 and t2 on i1. Every
// evaluation is done.
func batching(t testing.TB) *harness {
	h := cluster(t)
	h.do(planOf("e1", "j1"))
	cmd := createJobCommand("b1", "be1")
	cmd.Job.Type, cmd.Job.Count, cmd.Job.Batch = structs.JobBatch, 3, &structs.BatchSpec{Attempts: 2, Parallelism: 2}
	h.do(cmd)
	h.do(planOf("be1", "b1", structs.Placement{Task: "t1", Instance: "i1", Attempt: 1}, structs.Placement{Task: "t2", Instance: "i1", Slot: 1, Attempt: 1}))
	return h
}

func stopped(task string) structs.TaskUpdate {
	return structs.TaskUpdate{Task: task, Status: structs.TaskStopped, StopCode: structs.StopEssentialContainerExited}
}

func TestBatchJobRuns(t *testing.T) {
	h := batching(t)
	if j := h.snap().Job("b1"); j.Status != structs.BatchRunning {
		t.Errorf("the job is %q at first", j.Status)
	}
	if row := h.snap().Task("t2"); row.Slot != 1 || row.Attempt != 1 {
		t.Errorf("task %+v lacks its slot and attempt", row)
	}
	h.do(report("i1", runningUpdate("t1", "")))
	if open := h.open("b1"); len(open) > 0 {
		t.Errorf("a task that runs woke the job: %v", open)
	}
	h.do(report("i1", stopped("t1")))
	if diff := cmp.Diff(map[string]string{fmt.Sprintf("b1%016x", h.index): "ready " + string(structs.BecauseTaskChanged)}, h.open("b1")); diff != "" {
		t.Errorf("after the end of a task (-want +got):\n%s", diff)
	}
	end := servicePlan(h, fmt.Sprintf("b1%016x", h.index), "b1", "")
	end.Plan.JobStatus = structs.BatchFailed
	h.do(end)
	if j := h.snap().Job("b1"); j.Status != structs.BatchFailed || j.EndedAt != 20 || j.DeletedAt != 0 {
		t.Errorf("the job has ended as %q at %d", j.Status, j.EndedAt)
	}
	h.do(report("i1", stopped("t2")))
	if open := h.open("b1"); len(open) > 0 {
		t.Errorf("a job that has ended was woken: %v", open)
	}
}

func TestBatchJobWaitsForRoom(t *testing.T) {
	h := batching(t)
	h.do(report("i1", stopped("t1")))
	eval := fmt.Sprintf("b1%016x", h.index)
	plan := planOf(eval, "b1")
	plan.Plan.Status, plan.Plan.Unplaced = structs.EvaluationBlocked, 1
	h.do(plan)
	h.do(structs.SetAgentConnected{Instances: []string{"i2"}, Connected: true, At: 40})
	if got := h.snap().Evaluation(eval).Status; got != structs.EvaluationReady {
		t.Errorf("the evaluation is %s once room has appeared", got)
	}
}

func TestStopJob(t *testing.T) {
	h := batching(t)
	h.do(report("i1", stopped("t1")))
	h.do(structs.StopJob{Job: "b1", At: 50})
	snap := h.snap()
	if j := snap.Job("b1"); j.Status != structs.BatchStopped || j.EndedAt != 50 {
		t.Errorf("the job is %q, ended at %d", j.Status, j.EndedAt)
	}
	if open := h.open("b1"); len(open) > 0 {
		t.Errorf("it still has evaluations %v", open)
	}
	if row := snap.Task("t2"); row.DesiredStatus != structs.TaskStopped || row.StopCode != structs.StopUserInitiated || row.StoppedReason != structs.ReasonJobStopped {
		t.Errorf("its task was not asked to stop: %+v", row)
	}
	h.do(structs.StopJob{Job: "b1", At: 51})
	if j := h.snap().Job("b1"); j.EndedAt != 50 {
		t.Error("a job that was stopped is stopped again")
	}
	h.refused(structs.StopJob{Job: "nope"}, structs.KindResourceNotFound, "no batch job nope")
	service := serving(t)
	service.refused(structs.StopJob{Job: "s1"}, structs.KindResourceNotFound, "no batch job s1")
}

// TestStopJobRefusesPlansOnTheirWay: a plan made for the running job would start tasks that nobody
// stops.
func TestStopJobRefusesPlansOnTheirWay(t *testing.T) {
	h := batching(t)
	h.do(report("i1", stopped("t1")))
	plan := servicePlan(h, fmt.Sprintf("b1%016x", h.index), "b1", "", structs.Placement{Task: "t3", Instance: "i1"})
	h.do(structs.StopJob{Job: "b1", At: 50})
	h.refused(plan, structs.KindConflict, "stale")
}

// TestCollectKeepsTheBooks: the tasks of a RUNNING batch job record which of its slots have
// succeeded.
func TestCollectKeepsTheBooks(t *testing.T) {
	h := batching(t)
	h.do(report("i1", stopped("t1")))
	h.do(structs.Collect{Before: 10_000})
	if h.snap().Task("t1") == nil {
		t.Fatal("a task of a job that goes on is forgotten")
	}
	h.do(structs.StopJob{Job: "b1", At: 60})
	h.do(report("i1", stopped("t2")))
	h.do(structs.Collect{Before: 60})
	if h.snap().Task("t1") == nil {
		t.Fatal("a task of a job that ended just now is forgotten")
	}
	h.do(structs.Collect{Before: 10_000})
	if h.snap().Task("t1") != nil || h.snap().Job("b1") != nil {
		t.Error("a job that ended long ago is still there")
	}
}
