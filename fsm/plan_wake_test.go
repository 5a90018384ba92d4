package fsm

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

func TestAtMostOneEvaluationIsBlocked(t *testing.T) {
	h := serving(t)
	h.do(putServiceCommand("s2", "api", 1, "se9", "d9"))
	other := block(h, "s2")
	first := block(h, "s1")
	h.do(report("i1", runningUpdate("t1", "")))
	woken := fmt.Sprintf("s1%016x", h.index)
	cmd := servicePlan(h, woken, "s1", "")
	cmd.Plan.Status, cmd.Plan.At = structs.EvaluationBlocked, 77
	h.do(cmd)
	if e := h.snap().Evaluation(first); e.Status != structs.EvaluationDone || e.DoneAt != 77 {
		t.Errorf("the older one: %+v, want it done", e)
	}
	if e := h.snap().Evaluation(woken); e.Status != structs.EvaluationBlocked {
		t.Errorf("the newer one: %+v, want it blocked", e)
	}
	if e := h.snap().Evaluation(other); e.Status != structs.EvaluationBlocked {
		t.Errorf("that of another job: %+v, want it blocked", e)
	}
}

// TestFollowUp: a plan asks for another look at a time, with one evaluation per job.
func TestFollowUp(t *testing.T) {
	h := serving(t)
	at := func(id string, wait structs.Time) *structs.Evaluation {
		return &structs.Evaluation{ID: id, Because: structs.BecauseTimeDue, WaitUntil: wait}
	}
	decide := func(eval string, followUp *structs.Evaluation) {
		t.Helper()
		h.do(putServiceCommand("s1", "web", h.snap().Job("s1").Version+1, eval, ""))
		cmd := servicePlan(h, eval, "s1", "")
		cmd.Plan.FollowUp = followUp
		h.do(cmd)
	}
	decide("se2", at("f1", 500))
	want := &structs.Evaluation{
		ID: "f1", Cluster: "prod", Job: "s1", Because: structs.BecauseTimeDue, Status: structs.EvaluationReady, CreatedAt: 20, WaitUntil: 500,
		ModifyIndex: h.index,
	}
	if diff := cmp.Diff(want, h.snap().Evaluation("f1")); diff != "" {
		t.Error(diff)
	}
	decide("se3", at("f2", 400))
	decide("se4", at("f2", 400)) // the same look again
	decide("se5", nil)           // has no opinion
	if diff := cmp.Diff(map[string]string{"f2": "ready time-due"}, h.open("s1")); diff != "" {
		t.Errorf("open: %s", diff)
	}
	h.do(report("i1", runningUpdate("t1", "")))
	h.do(report("i2", runningUpdate("t2", "")))
	if open := h.open("s1"); len(open) != 3 {
		t.Errorf("open %v: an evaluation that waits for its time keeps others from being made", open)
	}
}

// TestDroppedPlacementIsPlannedAgain: an instance drains between the planner's check and the entry.
// Otherwise the service would wait until something else wakes it.
func TestDroppedPlacementIsPlannedAgain(t *testing.T) {
	h := serving(t)
	h.do(putServiceCommand("s1", "web", 2, "se2", ""))
	cmd := servicePlan(h, "se2", "s1", "d1", structs.Placement{Task: "t3", Instance: "i1"})
	setStatus(h, "i1", structs.InstanceDraining)
	h.do(cmd)
	if e := h.snap().Evaluation("se2"); e.Status != structs.EvaluationDone || e.Unplaced != 1 {
		t.Errorf("evaluation %+v", e)
	}
	if because := h.decide("s1"); len(because) != 1 || because[0] != structs.BecausePlacementRefused {
		t.Errorf("woken by %v, want %s", because, structs.BecausePlacementRefused)
	}
}
