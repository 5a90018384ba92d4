package fsm

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

// TestPreempt: tasks of less important jobs are stopped and their jobs are woken; tasks that have
// become protected or as important stay.
func TestPreempt(t *testing.T) {
	h := serving(t) // service s1 with t1 on i1 and t2 on i2
	for id, priority := range map[string]int{"close": 71, "urgent": 80} {
		cmd := createJobCommand(id, id+"e")
		cmd.Job.Type, cmd.Job.Priority, cmd.Job.Batch = structs.JobBatch, priority, &structs.BatchSpec{Attempts: 1}
		h.do(cmd)
	}
	h.do(planOf("closee", "close", structs.Placement{Task: "near", Instance: "i1", Attempt: 1}))
	h.do(structs.ProtectTasks{Tasks: []string{"t2"}, Until: 1000, At: 30})
	h.decide("s1")

	plan := planOf("urgente", "urgent")
	plan.Plan.Status, plan.Plan.Unplaced = structs.EvaluationBlocked, 1
	for _, id := range []string{"t1", "t2", "near", "gone"} {
		plan.Plan.Preempted = append(plan.Plan.Preempted, structs.Stop{Task: id, Code: structs.StopPreempted, Reason: "because"})
	}
	h.do(plan)
	if row := h.snap().Task("t1"); row.DesiredStatus != structs.TaskStopped || row.StopCode != structs.StopPreempted || row.StoppedReason != "because" || row.StoppingAt != 20 {
		t.Errorf("a task that is to make way: %+v", row)
	}
	for _, id := range []string{"t2", "near"} {
		if row := h.snap().Task(id); row.DesiredStatus != structs.TaskRunning {
			t.Errorf("task %s makes way, which is protected or of a job as important", id)
		}
	}
	if diff := cmp.Diff(map[string]string{fmt.Sprintf("s1%016x", h.index): "ready " + string(structs.BecauseTaskPreempted)}, h.open("s1")); diff != "" {
		t.Errorf("the service whose task makes way (-want +got):\n%s", diff)
	}
	h.do(report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped}))
	if e := h.snap().Evaluation("urgente"); e.Status != structs.EvaluationReady {
		t.Errorf("once it has ended the evaluation is %s", e.Status)
	}
	if d := h.snap().Deployment("d1"); d.FailedTasks != 0 {
		t.Errorf("its deployment counts %d failures", d.FailedTasks)
	}
}
