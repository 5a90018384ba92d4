package fsm

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

func gpuPlan(eval, job string, gpus int, placements ...structs.Placement) structs.ApplyPlan {
	cmd := planOf(eval, job, placements...)
	cmd.Plan.Need = structs.Resources{CPU: 1, Memory: 1, GPUs: gpus}
	return cmd
}

// TestGPUsAreGivenAndComeBack: a task gets the first free ones, in the instance's order; those of a
// stopped task are given out again; and a task that needs more than are free is not placed.
func TestGPUsAreGivenAndComeBack(t *testing.T) {
	h := cluster(t)
	i := instance("i1", "prod")
	i.GPUs, i.AgentConnected = []string{"2", "0", "1"}, true
	h.do(structs.RegisterInstance{Instance: i})
	on := func(tasks ...string) (list []structs.Placement) {
		for _, task := range tasks {
			list = append(list, structs.Placement{Task: task, Instance: "i1"})
		}
		return list
	}
	has := func(task string, want ...string) {
		t.Helper()
		row := h.snap().Task(task)
		if row == nil || !slices.Equal(row.GPUs, want) {
			t.Errorf("task %s is %+v, want it with the GPUs %q", task, row, want)
		}
	}

	h.do(gpuPlan("e1", "j1", 2, on("t1", "t2")...))
	has("t1", "2", "0")
	if eval := h.snap().Evaluation("e1"); h.snap().Task("t2") != nil || eval.Unplaced != 1 || eval.Failures[0].Reason != structs.FailGPU {
		t.Errorf("with one GPU left: task %+v, evaluation %+v", h.snap().Task("t2"), eval)
	}
	h.do(createJobCommand("j2", "e2"))
	h.do(gpuPlan("e2", "j2", 1, on("t3")...))
	has("t3", "1")

	h.do(report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped, StoppedAt: 40}))
	has("t1", "2", "0") // unchanged: DescribeTasks still shows them
	h.do(createJobCommand("j3", "e3"))
	h.do(gpuPlan("e3", "j3", 1, on("t4", "t5")...))
	has("t4", "2")
	has("t5", "0")
	checkInvariants(t, h.snap())
}

// TestWhoWaitsForGPUsIsCalledByTheirReturn: room without GPUs does not help jobs that wait for
// GPUs.
func TestWhoWaitsForGPUsIsCalledByTheirReturn(t *testing.T) {
	h := cluster(t)
	i := instance("i1", "prod")
	i.GPUs, i.AgentConnected = []string{"0"}, true
	h.do(structs.RegisterInstance{Instance: i})
	h.do(gpuPlan("e1", "j1", 1, structs.Placement{Task: "t1", Instance: "i1"}))
	h.do(createJobCommand("j2", "e2"))
	h.do(gpuPlan("e2", "j2", 0, structs.Placement{Task: "t2", Instance: "i1"}))
	job := createJobCommand("j3", "e3")
	job.Job.Batch, job.Job.Count = &structs.BatchSpec{Attempts: 1}, 1
	h.do(job)
	waits := gpuPlan("e3", "j3", 1)
	waits.Plan.Status, waits.Plan.Unplaced, waits.Plan.Queue = structs.EvaluationBlocked, 1, &structs.QueuePlace{Ask: "a", Priority: 50, GPUs: 1}
	h.do(waits)

	h.do(report("i1", structs.TaskUpdate{Task: "t2", Status: structs.TaskStopped, StoppedAt: 40}))
	if status := h.snap().Evaluation("e3").Status; status != structs.EvaluationBlocked {
		t.Errorf("with the GPU still taken the evaluation is %s", status)
	}
	h.do(report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped, StoppedAt: 41}))
	if status := h.snap().Evaluation("e3").Status; status != structs.EvaluationReady {
		t.Errorf("with the GPU back the evaluation is %s", status)
	}
}
