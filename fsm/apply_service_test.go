package fsm

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

func TestPutService(t *testing.T) {
	h := cluster(t)
	cmd := putServiceCommand("s1", "web", 1, "se1", "d1")
	cmd.Tags = []structs.Tag{{Key: "a", Value: "b"}}
	if key := h.do(cmd); key != "s1" {
		t.Errorf("key %q, want the job's id", key)
	}
	s := h.snap()
	job := s.Service("prod", "web")
	if job == nil || job.ID != "s1" || job.Status != structs.ServiceActive || !reflect.DeepEqual(s.JobVersion("s1", 1), job) {
		t.Fatalf("service %+v", job)
	}
	want := &structs.Deployment{
		ID: "d1", Cluster: "prod", Job: "s1", JobVersion: 1, TaskDefinition: "web:1", Status: structs.DeploymentPrimary,
		Rollout: structs.RolloutInProgress, CreatedAt: 12, UpdatedAt: 12,
	}
	if diff := cmp.Diff(want, s.Deployment("d1")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(cmd.Tags, s.Tags("service/prod/web")); diff != "" {
		t.Error(diff)
	}
	if e := s.Evaluation("se1"); e == nil || e.Job != "s1" || e.Cluster != "prod" || e.ModifyIndex != h.index {
		t.Errorf("evaluation %+v", e)
	}

	next := putServiceCommand("s1", "web", 2, "se2", "d2")
	next.Job.Count, next.Job.CreatedAt, next.Deployment.CreatedAt = 5, 99, 99
	h.do(next)
	s = h.snap()
	if j := s.Service("prod", "web"); j.Version != 2 || j.Count != 5 || j.CreatedAt != 12 {
		t.Errorf("service %+v, want version 2, made when version 1 was", j)
	}
	if s.JobVersion("s1", 1).Count != 2 {
		t.Error("version 1 is not what it was")
	}
	if was, is := s.Deployment("d1"), s.Deployment("d2"); was.Status != structs.DeploymentActive || is.Status != structs.DeploymentPrimary || is.JobVersion != 2 {
		t.Errorf("deployments %+v, %+v", was, is)
	}
	if diff := cmp.Diff(cmd.Tags, s.Tags("service/prod/web")); diff != "" {
		t.Errorf("an update changed the tags: %s", diff)
	}

	h.do(putServiceCommand("s1", "web", 3, "se3", "")) // a change that needs no new tasks
	if d := h.snap().Deployment("d2"); d.Status != structs.DeploymentPrimary {
		t.Errorf("without a new deployment the present one became %s", d.Status)
	}
}

func TestPutServiceRefuses(t *testing.T) {
	h := serving(t)
	h.do(structs.CreateCluster{Cluster: structs.Cluster{Name: "gone"}})
	h.do(structs.DeleteCluster{Cluster: "gone", At: 1})
	h.do(structs.RegisterTaskDefinition{Definition: sampleDefinition()})
	h.do(structs.UpdateTaskDefinitions{Definitions: []string{"web:1", "web:2"}, Status: structs.DefinitionInactive})
	h.do(structs.RegisterTaskDefinition{Definition: sampleDefinition()})
	for name, c := range map[string]struct {
		change func(*structs.PutService)
		kind   structs.Kind
		words  string
	}{
		"no cluster":           {func(c *structs.PutService) { c.Job.Cluster = "none" }, structs.KindClusterNotFound, "Cluster not found."},
		"inactive cluster":     {func(c *structs.PutService) { c.Job.Cluster = "gone" }, structs.KindClusterNotFound, "inactive"},
		"name taken":           {func(c *structs.PutService) { c.Job.ID, c.Job.Version = "s2", 1 }, structs.KindInvalidParameter, "not idempotent"},
		"no such service":      {func(c *structs.PutService) { c.Job.ID, c.Job.Name = "s2", "api" }, structs.KindServiceNotFound, "Service not found."},
		"older version":        {func(c *structs.PutService) { c.Job.Version = 1 }, structs.KindConflict, "at the same time"},
		"version left out":     {func(c *structs.PutService) { c.Job.Version = 3 }, structs.KindConflict, "at the same time"},
		"unknown definition":   {func(c *structs.PutService) { c.Job.TaskDefinition = "web:9" }, structs.KindClient, "Unable to describe"},
		"another INACTIVE one": {func(c *structs.PutService) { c.Job.TaskDefinition = "web:2" }, structs.KindClient, "inactive"},
		"evaluation taken":     {func(c *structs.PutService) { c.Evaluation.ID = "se1" }, structs.KindConflict, "exists"},
		"deployment taken":     {func(c *structs.PutService) { c.Deployment.ID = "d1" }, structs.KindConflict, "exists"},
		"other name":           {func(c *structs.PutService) { c.Job.Name = "api" }, structs.KindInvalidParameter, "keeps its"},
		"a batch job":          {func(c *structs.PutService) { c.Job.Type = structs.JobBatch }, structs.KindInvalidParameter, "not a service"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := putServiceCommand("s1", "web", 2, "se2", "d2")
			c.change(&cmd)
			h.TB = t
			h.refused(cmd, c.kind, c.words)
		})
	}
	h.TB = t
	// keeps its definition, which is INACTIVE by now
	h.do(putServiceCommand("s1", "web", 2, "se2", "d2"))
	moves := putServiceCommand("s1", "web", 3, "se3", "d3")
	moves.Job.TaskDefinition = "web:3"
	h.do(moves)
}

func TestPutServiceAgainWithItsToken(t *testing.T) {
	h := cluster(t)
	cmd := putServiceCommand("s1", "web", 1, "se1", "d1")
	cmd.Job.ClientToken, cmd.Job.RequestHash = "token", "hash"
	h.do(cmd)
	again := putServiceCommand("s2", "web", 1, "se2", "d2")
	again.Job.ClientToken, again.Job.RequestHash = "token", "hash"
	before := h.dump()
	if key := h.do(again); key != "s1" || h.dump() != before {
		t.Errorf("the same request again made %s, or changed something", key)
	}
	again.Job.RequestHash = "other"
	h.refused(again, structs.KindConflict, "client token")
	update := putServiceCommand("s1", "web", 2, "se3", "")
	h.do(update) // updates carry no token
	if j := h.snap().JobByToken("prod", "token"); j == nil || j.Version != 2 {
		t.Errorf("the token finds %+v, want the newest version", j)
	}
	h.do(structs.DeleteService{Job: "s1", Force: true, Evaluation: structs.Evaluation{ID: "se4"}, At: 40})
	end(h, "se4", "s1", 50)
	again.Job.RequestHash = "hash"
	if key := h.do(again); key != "s2" {
		t.Errorf("the token of a deleted service finds %s", key)
	}
}

// end decides an evaluation of a DRAINING service without tasks.
func end(h *harness, eval, job string, at structs.Time) {
	h.Helper()
	cmd := servicePlan(h, eval, job, "")
	cmd.Plan.JobStatus, cmd.Plan.At = structs.ServiceInactive, at
	h.do(cmd)
}

func TestDeleteService(t *testing.T) {
	h := serving(t)
	cmd := structs.DeleteService{Job: "s1", Evaluation: structs.Evaluation{ID: "se2", Status: structs.EvaluationReady}, At: 40}
	h.refused(cmd, structs.KindInvalidParameter, "The service cannot be stopped while it is scaled above 0.")
	h.refused(structs.DeleteCluster{Cluster: "prod"}, structs.KindClusterContainsContainerInstances, "")
	cmd.Force = true
	h.do(cmd)
	job := h.snap().Service("prod", "web")
	if job.Status != structs.ServiceDraining || job.Count != 0 || job.Version != 2 || !reflect.DeepEqual(h.snap().JobVersion("s1", 2), job) {
		t.Errorf("service %+v", job)
	}
	if h.snap().Evaluation("se2") == nil {
		t.Error("nothing looks at the deleted service")
	}
	h.refused(putServiceCommand("s1", "web", 3, "se3", ""), structs.KindServiceNotActive, "Service was not ACTIVE.")
	h.refused(putServiceCommand("s2", "web", 1, "se3", "d2"), structs.KindInvalidParameter, "still Draining")

	end(h, "se2", "s1", 50)
	job = h.snap().Service("prod", "web")
	if job.Status != structs.ServiceInactive || job.DeletedAt != 50 {
		t.Errorf("service %+v, want it INACTIVE and to be described still", job)
	}
	cmd.Evaluation.ID = "se3"
	h.refused(cmd, structs.KindServiceNotFound, "Service not found.")
	h.refused(structs.DeleteService{Job: "j1"}, structs.KindServiceNotFound, "Service not found.")
	h.do(putServiceCommand("s2", "web", 1, "se3", "d2"))
	if job := h.snap().Service("prod", "web"); job.ID != "s2" {
		t.Errorf("the name means %+v, want the new service", job)
	}
}

func TestDeleteDaemonNeedsNoForce(t *testing.T) {
	h := cluster(t)
	cmd := putServiceCommand("s1", "agent", 1, "se1", "d1")
	cmd.Job.Type = structs.JobDaemon
	h.do(cmd)
	h.do(structs.DeleteService{Job: "s1", Evaluation: structs.Evaluation{ID: "se2"}, At: 40})
}

func TestDeleteClusterWithServices(t *testing.T) {
	h := newHarness(t)
	h.do(structs.CreateCluster{Cluster: structs.Cluster{Name: "prod"}})
	h.do(structs.RegisterTaskDefinition{Definition: sampleDefinition()})
	h.do(putServiceCommand("s1", "web", 1, "se1", "d1"))
	h.refused(structs.DeleteCluster{Cluster: "prod"}, structs.KindClusterContainsServices, "Services are active")
	h.do(structs.DeleteService{Job: "s1", Force: true, Evaluation: structs.Evaluation{ID: "se2"}, At: 40})
	h.refused(structs.DeleteCluster{Cluster: "prod"}, structs.KindClusterContainsServices, "Services are active")
	end(h, "se2", "s1", 50)
	h.do(structs.DeleteCluster{Cluster: "prod", At: 60})
}
