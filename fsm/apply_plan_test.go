package fsm

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

func TestApplyPlan(t *testing.T) {
	h := cluster(t)
	cmd := planOf("e1", "j1", structs.Placement{Task: "t1", Instance: "i1"})
	cmd.Plan.Unplaced = 1
	cmd.Plan.Failures = []structs.PlacementFailure{{Instance: "i2", Reason: structs.FailMemory}}
	h.do(cmd)

	want := &structs.Task{
		ID: "t1", Cluster: "prod", Job: "j1", TaskDefinition: "web:1", Instance: "i1", Group: "family:web", StartedBy: "me",
		LastStatus: structs.TaskProvisioning, DesiredStatus: structs.TaskRunning, Version: 1,
		CPU: 384, Memory: 256, Ports: []structs.Port{{Number: 80, Protocol: "tcp"}}, CreatedAt: 20,
	}
	if diff := cmp.Diff(want, h.snap().Task("t1")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]structs.Tag{{Key: "a", Value: "b"}}, h.snap().Tags("task/prod/t1")); diff != "" {
		t.Errorf("tags: %s", diff)
	}
	if u := h.snap().Usage("i1"); u.CPU != 384 || u.Memory != 256 || u.Pending != 1 || !u.HasPort(structs.Port{Number: 80, Protocol: "tcp"}) {
		t.Errorf("usage %+v", u)
	}
	e := h.snap().Evaluation("e1")
	if e.Status != structs.EvaluationDone || e.DoneAt != 20 || e.Unplaced != 1 || len(e.Failures) != 1 || e.ModifyIndex != h.index {
		t.Errorf("evaluation %+v", e)
	}
	h.refused(planOf("e1", "j1", structs.Placement{Task: "t2", Instance: "i1"}), structs.KindConflict, "stale")
	h.refused(planOf("e9", "j1", structs.Placement{Task: "t2", Instance: "i1"}), structs.KindConflict, "stale")
}

func TestApplyPlanBlocked(t *testing.T) {
	h := cluster(t)
	cmd := planOf("e1", "j1", structs.Placement{Task: "t1", Instance: "i1"})
	cmd.Plan.Status, cmd.Plan.Unplaced = structs.EvaluationBlocked, 1
	h.do(cmd)
	if e := h.snap().Evaluation("e1"); e.Status != structs.EvaluationBlocked || e.DoneAt != 0 {
		t.Errorf("evaluation %+v, want blocked and not done", e)
	}
	h.do(planOf("e1", "j1", structs.Placement{Task: "t2", Instance: "i1"}))
	if e := h.snap().Evaluation("e1"); e.Status != structs.EvaluationDone || e.Unplaced != 0 {
		t.Errorf("evaluation %+v, want done", e)
	}
}

func TestApplyPlanDropsWhatCannotStand(t *testing.T) {
	h := cluster(t)
	h.do(structs.RegisterInstance{Instance: instance("i3", "prod")})
	h.do(structs.RegisterInstance{Instance: instance("elsewhere", "other")})
	setStatus(h, "i2", structs.InstanceDraining)
	deactivate(h, "i3")
	h.do(planOf("e1", "j1",
		structs.Placement{Task: "t1", Instance: "i1"},
		structs.Placement{Task: "t1", Instance: "i1"}, // id taken by the one before
		structs.Placement{Task: "t2", Instance: "i2"},
		structs.Placement{Task: "t3", Instance: "i3"},
		structs.Placement{Task: "t4", Instance: "gone"},
		structs.Placement{Task: "t5", Instance: "elsewhere"},
	))
	var ids []string
	for task := range h.snap().AllTasks() {
		ids = append(ids, task.ID)
	}
	if diff := cmp.Diff([]string{"t1"}, ids); diff != "" {
		t.Error(diff)
	}
	if e := h.snap().Evaluation("e1"); e.Unplaced != 5 {
		t.Errorf("%d unplaced, want the 5 dropped", e.Unplaced)
	}

	h.do(createJobCommand("j2", "e2"))
	h.do(planOf("e2", "gone", structs.Placement{Task: "t6", Instance: "i1"}))
	if e := h.snap().Evaluation("e2"); h.snap().Task("t6") != nil || e.Unplaced != 1 {
		t.Errorf("a task of no job was placed; evaluation %+v", e)
	}
}
