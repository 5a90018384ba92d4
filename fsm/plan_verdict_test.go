package fsm

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// TestRoomThatAPlanDidNotSee: a task stops while a plan is made that finds no room. Nothing else
// would wake the service.
func TestRoomThatAPlanDidNotSee(t *testing.T) {
	h := serving(t)
	h.do(putServiceCommand("s1", "web", 2, "se2", ""))
	cmd := servicePlan(h, "se2", "s1", "")
	cmd.Plan.Status, cmd.Plan.Unplaced, cmd.Plan.Seen = structs.EvaluationBlocked, 1, h.snap().Index()
	h.do(report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped}))
	h.do(cmd)
	if e := h.snap().Evaluation("se2"); e.Status != structs.EvaluationReady || e.Unplaced != 1 {
		t.Errorf("evaluation %+v, want it ready", e)
	}
	cmd.Plan.Seen = h.snap().Index()
	h.do(cmd)
	if e := h.snap().Evaluation("se2"); e.Status != structs.EvaluationBlocked {
		t.Errorf("evaluation %+v of a plan that saw all, want it blocked", e)
	}
}
