package fsm

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// external makes cluster with an EXTERNAL service web (job s1) and two task sets: d1, PRIMARY with
// task t1 on i1, and d2.
func external(t testing.TB) *harness {
	h := cluster(t)
	h.do(planOf("e1", "j1"))
	h.do(putExternal())
	h.do(putSet("d1", "se2", 100))
	h.do(putSet("d2", "se3", 0))
	h.do(structs.SetPrimaryTaskSet{Set: "d1", At: 14})
	h.do(servicePlan(h, "se2", "s1", "d1", structs.Placement{Task: "t1", Instance: "i1"}))
	h.decide("s1")
	return h
}

func TestTaskSets(t *testing.T) {
	h := external(t)
	s := h.snap()
	if d := s.Deployment("d1"); d.Status != structs.DeploymentPrimary || d.Cluster != "prod" || d.JobVersion != 1 || d.TaskSet.ExternalID != "blue" {
		t.Errorf("task set %+v", d)
	}
	if task := s.Task("t1"); task.StartedBy != "d1" || task.TaskDefinition != "web:1" || task.Group != "service:web" {
		t.Errorf("task %+v", task)
	}
	scaled := putSet("d2", "se4", 12.5)
	scaled.Set.TaskDefinition, scaled.Set.UpdatedAt = "other:1", 20 // only the scale is used
	h.do(scaled)
	if d := h.snap().Deployment("d2"); d.TaskSet.Scale != 12.5 || d.TaskDefinition != "web:1" || d.UpdatedAt != 20 {
		t.Errorf("scaled task set %+v", d)
	}
	if e := h.snap().Evaluation("se4"); e == nil || e.Job != "s1" {
		t.Errorf("nobody looks at what was scaled: %+v", e)
	}
	h.do(structs.SetPrimaryTaskSet{Set: "d2", At: 21})
	if one, two := h.snap().Deployment("d1"), h.snap().Deployment("d2"); one.Status != structs.DeploymentActive || two.Status != structs.DeploymentPrimary {
		t.Errorf("the sets are %s and %s", one.Status, two.Status)
	}
	h.do(structs.DeleteTaskSet{Set: "d1", Force: true, Evaluation: structs.Evaluation{ID: "se5"}, At: 22})
	if d := h.snap().Deployment("d1"); d.Status != structs.TaskSetDraining {
		t.Errorf("deleted task set %+v", d)
	}
	h.refused(putSet("d1", "se6", 50), structs.KindInvalidParameter, "DRAINING")
	cmd := servicePlan(h, "se5", "s1", "")
	cmd.Plan.Deployments = []structs.Deployment{*h.snap().Deployment("d1")}
	cmd.Plan.Deployments[0].Status = structs.DeploymentInactive
	h.do(cmd)
	if tags := h.snap().Tags("task-set/prod/web/d1"); len(tags) != 0 {
		t.Errorf("a task set that is over has tags %v", tags)
	}
	h.refused(structs.SetPrimaryTaskSet{Set: "d1", At: 23}, structs.KindTaskSetNotFound, "not found")
}

func TestTaskSetsAreRefused(t *testing.T) {
	h := external(t)
	deleteSet := func(set string, force bool) structs.Command {
		return structs.DeleteTaskSet{Set: set, Force: force, Evaluation: structs.Evaluation{ID: "se9"}, At: 30}
	}
	h.refused(deleteSet("d1", false), structs.KindInvalidParameter, "scaled above 0")
	h.do(putSet("d1", "se4", 0))
	h.refused(deleteSet("d1", false), structs.KindInvalidParameter, "PRIMARY")
	h.refused(deleteSet("d9", true), structs.KindTaskSetNotFound, "not found")
	// scaled to nothing, and not PRIMARY
	h.do(structs.DeleteTaskSet{Set: "d2", Evaluation: structs.Evaluation{ID: "se5"}, At: 31})

	elsewhere := putSet("d3", "se9", 1)
	elsewhere.Set.Job = "j1"
	h.refused(elsewhere, structs.KindServiceNotActive, "not ACTIVE")
	unknown := putSet("d3", "se9", 1)
	unknown.Set.TaskDefinition = "none:1"
	h.refused(unknown, structs.KindClient, "task definition")
	h.do(putServiceCommand("s2", "api", 1, "se7", "d7"))
	rolling := putSet("d3", "se9", 1)
	rolling.Set.Job = "s2"
	h.refused(rolling, structs.KindInvalidParameter, "not EXTERNAL")
	h.refused(structs.SetPrimaryTaskSet{Set: "d7", At: 32}, structs.KindTaskSetNotFound, "not found")

	gone := structs.DeleteService{Job: "s1", Evaluation: structs.Evaluation{ID: "se9"}, At: 33}
	down := putExternal()
	down.Job.Count, down.Job.Version, down.Evaluation.ID = 0, 2, "se8"
	h.do(down)
	h.refused(gone, structs.KindInvalidParameter, "deployments are active")
	gone.Force = true
	h.do(gone)
}

// A client token creates one task set, however often it is used.
func TestTaskSetTokens(t *testing.T) {
	h := external(t)
	first, again, other := putSet("d3", "se4", 10), putSet("d4", "se5", 10), putSet("d5", "se6", 20)
	for _, cmd := range []*structs.PutTaskSet{&first, &again, &other} {
		cmd.Set.TaskSet.ClientToken, cmd.Set.TaskSet.RequestHash = "token", "hash"
	}
	other.Set.TaskSet.RequestHash = "another"
	if key := h.do(first); key != "d3" {
		t.Errorf("made %q", key)
	}
	if key := h.do(again); key != "d3" || h.snap().Deployment("d4") != nil {
		t.Errorf("the same again made %q", key)
	}
	h.refused(other, structs.KindInvalidParameter, "not idempotent")
}
