package fsm

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

func TestCreateJob(t *testing.T) {
	h := cluster(t)
	cmd := createJobCommand("j2", "e2")
	if key := h.do(cmd); key != "j2" {
		t.Errorf("key %q, want the job's id", key)
	}
	if diff := cmp.Diff(&cmd.Job, h.snap().Job("j2")); diff != "" {
		t.Error(diff)
	}
	want := cmd.Evaluation
	want.Job, want.Cluster, want.ModifyIndex = "j2", "prod", h.index
	if diff := cmp.Diff(&want, h.snap().Evaluation("e2")); diff != "" {
		t.Error(diff)
	}
}

func TestCreateJobRefused(t *testing.T) {
	h := cluster(t)
	h.do(structs.CreateCluster{Cluster: structs.Cluster{Name: "old"}})
	h.do(structs.DeleteCluster{Cluster: "old"})
	h.do(structs.RegisterTaskDefinition{Definition: sampleDefinition()})
	h.do(structs.UpdateTaskDefinitions{Definitions: []string{"web:2"}, Status: structs.DefinitionInactive})
	for name, c := range map[string]struct {
		change func(*structs.CreateJob)
		kind   structs.Kind
		words  string
	}{
		"no cluster":          {func(c *structs.CreateJob) { c.Job.Cluster = "none" }, structs.KindClusterNotFound, "Cluster not found."},
		"inactive cluster":    {func(c *structs.CreateJob) { c.Job.Cluster = "old" }, structs.KindClusterNotFound, "The referenced cluster was inactive."},
		"no definition":       {func(c *structs.CreateJob) { c.Job.TaskDefinition = "web:9" }, structs.KindClient, "Unable to describe task definition."},
		"inactive definition": {func(c *structs.CreateJob) { c.Job.TaskDefinition = "web:2" }, structs.KindClient, "TaskDefinition is inactive"},
		"job id taken":        {func(c *structs.CreateJob) { c.Job.ID = "j1" }, structs.KindConflict, "exists already"},
		"evaluation id taken": {func(c *structs.CreateJob) { c.Evaluation.ID = "e1" }, structs.KindConflict, "exists already"},
	} {
		t.Run(name, func(t *testing.T) {
			h.TB = t
			cmd := createJobCommand("j2", "e2")
			c.change(&cmd)
			h.refused(cmd, c.kind, c.words)
		})
	}
}

func TestClientToken(t *testing.T) {
	h := cluster(t)
	first := createJobCommand("j2", "e2")
	first.Job.ClientToken, first.Job.RequestHash = "token", "hash"
	h.do(first)
	h.do(planOf("e2", "j2", structs.Placement{Task: "t1", Instance: "i1"}, structs.Placement{Task: "t2", Instance: "i1"}))
	h.do(structs.UpdateTaskDefinitions{Definitions: []string{"web:1"}, Status: structs.DefinitionInactive})

	again := first
	again.Job.ID, again.Evaluation.ID = "j3", "e3"
	before := h.dump()
	if key := h.do(again); key != "j2" {
		t.Errorf("the same request again has key %q, want the earlier job's", key)
	}
	if h.dump() != before {
		t.Error("the same request again changed something")
	}

	again.Job.RequestHash = "other"
	err := h.refused(again, structs.KindConflict, "client token")
	if want := []string{"t1", "t2"}; !slices.Equal(err.ResourceIDs, want) {
		t.Errorf("resources %v stand in the way, want %v", err.ResourceIDs, want)
	}

	h.do(structs.CreateCluster{Cluster: structs.Cluster{Name: "test"}})
	h.do(structs.RegisterTaskDefinition{Definition: sampleDefinition()})
	again.Job.Cluster, again.Job.TaskDefinition = "test", "web:2"
	if key := h.do(again); key != "j3" { // a token counts within its cluster
		t.Errorf("the same token in another cluster has key %q, want a new job", key)
	}
}
