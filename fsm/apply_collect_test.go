package fsm

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

func TestCollectTasksAndJobs(t *testing.T) {
	h := running(t)
	h.do(report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped, StoppedAt: 100}))
	check := func(before structs.Time, t1, t2, job bool) {
		t.Helper()
		dump, promised := h.dump(), Collectable(h.snap(), before)
		h.do(structs.Collect{Before: before})
		if changed := dump != h.dump(); changed != promised {
			t.Errorf("before %d: collectable %v, changed %v", before, promised, changed)
		}
		if Collectable(h.snap(), before) {
			t.Errorf("before %d: more to collect right after", before)
		}
		s := h.snap()
		if got := s.Task("t1") != nil; got != t1 || (s.Tags("task/prod/t1") != nil) != t1 {
			t.Errorf("before %d: t1 there %v, its tags %v, want %v", before, got, s.Tags("task/prod/t1"), t1)
		}
		if got := s.Task("t2") != nil; got != t2 {
			t.Errorf("before %d: t2 there %v, want %v", before, got, t2)
		}
		if (s.Job("j1") != nil) != job || (s.Evaluation("e1") != nil) != job {
			t.Errorf("before %d: job there %v, evaluation %v, want %v", before, s.Job("j1") != nil, s.Evaluation("e1") != nil, job)
		}
	}
	check(100, true, true, true)
	check(101, false, true, true)
	h.do(report("i2", structs.TaskUpdate{Task: "t2", Status: structs.TaskStopped, StoppedAt: 5}))
	check(10, false, false, true) // the job was created at 10
	check(11, false, false, false)
}

func TestCollectKeepsJobsThatAreNotDecided(t *testing.T) {
	h := cluster(t)
	h.do(structs.Collect{Before: 1000})
	if h.snap().Job("j1") == nil {
		t.Fatal("a job with an open evaluation went")
	}
	cmd := planOf("e1", "j1")
	cmd.Plan.Unplaced = 2
	h.do(cmd)
	h.do(structs.Collect{Before: 1000})
	if h.snap().Job("j1") != nil {
		t.Error("a job that placed nothing and is decided stays")
	}
}

func TestCollectFreesTheClientToken(t *testing.T) {
	h := cluster(t)
	cmd := createJobCommand("j2", "e2")
	cmd.Job.ClientToken = "token"
	h.do(cmd)
	h.do(planOf("e2", "j2"))
	h.do(structs.Collect{Before: 1000})
	cmd.Job.ID, cmd.Job.RequestHash = "j3", "other"
	if key := h.do(cmd); key != "j3" {
		t.Errorf("the token of a job that is forgotten finds %q", key)
	}
}

func TestCollectDefinitions(t *testing.T) {
	h := running(t)
	h.do(structs.RegisterTaskDefinition{Definition: sampleDefinition(), Tags: []structs.Tag{{Key: "a"}}})
	for _, status := range []string{structs.DefinitionInactive, structs.DefinitionDeleteInProgress} {
		h.do(structs.UpdateTaskDefinitions{Definitions: []string{"web:1", "web:2"}, Status: status, At: 500})
	}
	if !Collectable(h.snap(), 1) {
		t.Error("web:2 is not collectable")
	}
	h.do(structs.Collect{Before: 1})
	if h.snap().TaskDefinition("web:1") == nil {
		t.Error("a definition that tasks refer to went")
	}
	if h.snap().TaskDefinition("web:2") != nil || h.snap().Tags("task-definition/web:2") != nil {
		t.Error("a deleted definition that nothing refers to stays")
	}
	if key := h.do(structs.RegisterTaskDefinition{Definition: sampleDefinition()}); key != "web:3" {
		t.Errorf("the next revision is %s: a revision is used again", key)
	}
	for task, instance := range map[string]string{"t1": "i1", "t2": "i2"} {
		h.do(report(instance, structs.TaskUpdate{Task: task, Status: structs.TaskStopped, StoppedAt: 100}))
	}
	h.do(structs.Collect{Before: 1000})
	if h.snap().TaskDefinition("web:1") != nil {
		t.Error("web:1 stays, though its last task went in the same command")
	}
}

func TestCollectKeepsTheDefinitionOfAJobWithoutTasks(t *testing.T) {
	h := cluster(t)
	for _, status := range []string{structs.DefinitionInactive, structs.DefinitionDeleteInProgress} {
		h.do(structs.UpdateTaskDefinitions{Definitions: []string{"web:1"}, Status: status, At: 500})
	}
	h.do(structs.Collect{Before: 1000})
	if h.snap().TaskDefinition("web:1") == nil {
		t.Error("a definition went that a job still has to place")
	}
}

func TestCollectClusters(t *testing.T) {
	h := cluster(t)
	for _, name := range []string{"alive", "deleted"} {
		h.do(structs.CreateCluster{Cluster: structs.Cluster{Name: name}, Tags: []structs.Tag{{Key: "a"}}})
	}
	h.do(structs.DeleteCluster{Cluster: "deleted", At: 50})
	deactivate(h, "i1")
	deactivate(h, "i2")
	h.do(structs.DeleteCluster{Cluster: "prod", At: 50}) // still has its instances and a job
	h.do(structs.Collect{Before: 50})
	if h.snap().Cluster("deleted") == nil {
		t.Error("a cluster went before its time")
	}
	h.do(structs.Collect{Before: 51})
	if h.snap().Cluster("deleted") != nil || h.snap().Tags("cluster/deleted") != nil {
		t.Error("a deleted cluster or its tags stay")
	}
	if h.snap().Cluster("alive") == nil || h.snap().Cluster("prod") == nil {
		t.Error("a cluster that is ACTIVE or not empty went")
	}
}
