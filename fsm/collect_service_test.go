package fsm

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

func TestCollectServices(t *testing.T) {
	h := serving(t)
	events := servicePlan(h, "", "s1", "")
	h.do(putServiceCommand("s1", "web", 2, "se2", "d2"))
	events.Plan.Evaluation, events.Plan.JobVersion = "se2", 2
	events.Plan.Events = []structs.ServiceEvent{{ID: "1"}}
	h.do(events)
	h.do(structs.TagCommand{Resource: "service/prod/web", Tags: []structs.Tag{{Key: "a"}}})
	for task, instance := range map[string]string{"t1": "i1", "t2": "i2"} {
		h.do(report(instance, structs.TaskUpdate{Task: task, Status: structs.TaskStopped, StoppedAt: 60}))
	}
	h.decide("s1")
	h.do(structs.Collect{Before: 1000})
	if s := h.snap(); s.Job("s1") == nil || s.Deployment("d1") == nil || s.JobVersion("s1", 1) == nil || len(s.ServiceEvents("s1").Events) != 1 {
		t.Fatal("something of a living service went")
	}
	if n := len(slices.Collect(h.snap().JobEvaluations("s1"))); n != 0 {
		t.Errorf("%d evaluations of a living service stay, though they were done long ago", n)
	}
	h.do(structs.DeleteService{Job: "s1", Force: true, Evaluation: structs.Evaluation{ID: "se3"}, At: 40})
	h.do(structs.Collect{Before: 1000})
	end(h, "se3", "s1", 100)
	h.do(structs.Collect{Before: 100})
	if s := h.snap(); s.Service("prod", "web") == nil || s.Deployment("d1") == nil {
		t.Fatal("a service went before its time")
	}
	if !Collectable(h.snap(), 101) {
		t.Error("a deleted service is not collectable")
	}
	h.do(structs.Collect{Before: 101})
	s := h.snap()
	if s.Service("prod", "web") != nil || s.Job("s1") != nil || s.Deployment("d1") != nil || s.Deployment("d2") != nil ||
		s.JobVersion("s1", 1) != nil || s.JobVersion("s1", 3) != nil || len(s.ServiceEvents("s1").Events) != 0 || s.Tags("service/prod/web") != nil {
		t.Error("something of a deleted service stays")
	}
}

// TestCollectKeepsTheTagsOfTheNextService: a name is reused while the earlier service can still be
// described.
func TestCollectKeepsTheTagsOfTheNextService(t *testing.T) {
	h := cluster(t)
	h.do(putServiceCommand("s1", "web", 1, "se1", "d1"))
	h.do(structs.DeleteService{Job: "s1", Force: true, Evaluation: structs.Evaluation{ID: "se2"}, At: 40})
	h.decide("s1")
	h.do(structs.DeleteService{Job: "s1", Force: true, Evaluation: structs.Evaluation{ID: "se3"}, At: 40})
	end(h, "se3", "s1", 50)
	next := putServiceCommand("s2", "web", 1, "se4", "d2")
	next.Tags = []structs.Tag{{Key: "a"}}
	h.do(next)
	h.do(structs.Collect{Before: 1000})
	if h.snap().Job("s1") != nil || h.snap().Service("prod", "web").ID != "s2" || len(h.snap().Tags("service/prod/web")) != 1 {
		t.Error("the earlier service stays, or took the tags of the next one with it")
	}
}

func TestCollectHistory(t *testing.T) {
	h := cluster(t)
	const changes = 150
	h.do(putServiceCommand("s1", "web", 1, "ev1", "d1"))
	cmd := servicePlan(h, "ev1", "s1", "")
	cmd.Plan.Deployments = []structs.Deployment{{ID: "d1", Rollout: structs.RolloutCompleted, Status: structs.DeploymentInactive}}
	h.do(cmd)
	for v := 2; v <= changes; v++ {
		eval, deployment := fmt.Sprint("ev", v), fmt.Sprint("d", v)
		h.do(putServiceCommand("s1", "web", v, eval, deployment))
		cmd := servicePlan(h, eval, "s1", "")
		cmd.Plan.Deployments = []structs.Deployment{{ID: fmt.Sprint("d", v-1), Status: structs.DeploymentInactive}}
		if v == 2 {
			cmd.Plan.Deployments = nil
		}
		if v == 31 { // d30 still has tasks
			cmd.Plan.Deployments[0].Status = structs.DeploymentActive
		}
		h.do(cmd)
	}
	h.do(structs.Collect{Before: 1})
	s := h.snap()
	for v, stays := range map[int]bool{1: true, 2: false, 30: true, changes - 100: false, changes - 99: true, changes: true} {
		if got := s.Deployment(fmt.Sprint("d", v)) != nil; got != stays {
			t.Errorf("deployment %d is there: %v, want %v", v, got, stays)
		}
		if got := s.JobVersion("s1", v) != nil; got != stays {
			t.Errorf("version %d is there: %v, want %v", v, got, stays)
		}
	}
	if Collectable(s, 1) {
		t.Error("more to collect right after")
	}
}

// TestCollectKeepsWhatARollbackNeeds: a deleted definition stays as long as a rollback may need it.
func TestCollectKeepsWhatARollbackNeeds(t *testing.T) {
	h := cluster(t)
	h.do(planOf("e1", "j1"))
	h.do(structs.RegisterTaskDefinition{Definition: sampleDefinition()})
	h.do(putServiceCommand("s1", "web", 1, "se1", "d1"))
	next := putServiceCommand("s1", "web", 2, "se2", "d2")
	next.Job.TaskDefinition = "web:2"
	h.do(next)
	for _, status := range []string{structs.DefinitionInactive, structs.DefinitionDeleteInProgress} {
		h.do(structs.UpdateTaskDefinitions{Definitions: []string{"web:1"}, Status: status, At: 500})
	}
	h.do(structs.Collect{Before: 1000})
	if h.snap().Job("j1") != nil || h.snap().TaskDefinition("web:1") == nil {
		t.Error("the definition of an earlier deployment went")
	}
}

func TestCollectInstances(t *testing.T) {
	h := cluster(t)
	h.do(structs.TagCommand{Resource: "container-instance/prod/i1", Tags: []structs.Tag{{Key: "a"}}})
	h.do(structs.SetInstanceStatus{Instances: []string{"i1"}, Status: structs.InstanceInactive, At: 50})
	h.do(structs.Collect{Before: 50})
	if h.snap().Instance("i1") == nil {
		t.Fatal("an instance went before its time")
	}
	h.do(structs.Collect{Before: 51})
	if h.snap().Instance("i1") != nil || h.snap().Tags("container-instance/prod/i1") != nil || h.snap().Instance("i2") == nil {
		t.Error("a deregistered instance or its tags stay, or another one went")
	}
}

// TestCollectInBits: a limit spreads the work over several entries, and all of it is removed in the
// end.
func TestCollectInBits(t *testing.T) {
	h := running(t)
	for task, instance := range map[string]string{"t1": "i1", "t2": "i2"} {
		h.do(report(instance, structs.TaskUpdate{Task: task, Status: structs.TaskStopped, StoppedAt: 60}))
	}
	for n, want := range []struct {
		tasks int
		job   bool
	}{{1, true}, {0, true}, {0, false}} {
		h.do(structs.Collect{Before: 1000, Limit: 1})
		if got := len(slices.Collect(h.snap().AllTasks())); got != want.tasks || (h.snap().Job("j1") != nil) != want.job {
			t.Errorf("entry %d leaves %d tasks, job %v; want %+v", n, got, h.snap().Job("j1") != nil, want)
		}
		checkInvariants(t, h.snap())
	}
}
