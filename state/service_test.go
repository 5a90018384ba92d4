package state

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

func service(id, cluster, name, status string, deleted structs.Time) *structs.Job {
	return &structs.Job{ID: id, Cluster: cluster, Name: name, Type: structs.JobService, Version: 1, Status: status, DeletedAt: deleted}
}

func jobIDs(seq func(func(*structs.Job) bool)) (all []string) {
	for j := range seq {
		all = append(all, j.ID)
	}
	return all
}

// TestServiceByName: a name means the service that is not deleted, otherwise the one deleted last.
func TestServiceByName(t *testing.T) {
	w := newWriter(t)
	find := func(name, want string) {
		t.Helper()
		got := ""
		if j := w.Snapshot().Service("prod", name); j != nil {
			got = j.ID
		}
		if got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	w.write(func(tx *Tx) {
		tx.PutJob(service("c", "prod", "web", structs.ServiceInactive, 10))
		tx.PutJob(service("a", "prod", "web", structs.ServiceInactive, 20))
		tx.PutJob(service("b", "prod", "web", structs.ServiceInactive, 15))
		tx.PutJob(service("d", "prod", "we", structs.ServiceActive, 0))
		tx.PutJob(service("e", "pro", "web", structs.ServiceActive, 0))
		tx.PutJob(service("f", "prod", "webs", structs.ServiceDraining, 0))
		tx.PutJob(&structs.Job{ID: "g", Cluster: "prod", Type: structs.JobBatch})
	})
	find("web", "a")
	find("none", "")
	find("", "")
	if diff := cmp.Diff([]string{"d", "a", "f"}, jobIDs(w.Snapshot().Services("prod"))); diff != "" {
		t.Errorf("services: %s", diff)
	}
	for j := range w.Snapshot().Services("prod") {
		if j.ID != "d" {
			t.Errorf("%s comes after the end", j.ID)
		}
		break
	}
	w.write(func(tx *Tx) { tx.PutJob(service("9", "prod", "web", structs.ServiceActive, 0)) })
	find("web", "9")
	w.write(func(tx *Tx) { tx.PutJob(service("9", "prod", "web", structs.ServiceDraining, 0)) })
	find("web", "9")
	w.write(func(tx *Tx) { tx.PutJob(service("9", "prod", "web", structs.ServiceInactive, 5)) })
	find("web", "a")
	w.write(func(tx *Tx) { tx.RemoveJob(tx.Job("a")) })
	find("web", "b")
}

func TestDeploymentsInOrderOfCreation(t *testing.T) {
	w := newWriter(t)
	w.write(func(tx *Tx) {
		// by a server whose clock is behind
		tx.PutDeployment(&structs.Deployment{ID: "c", Job: "j", JobVersion: 2, CreatedAt: 5})
		tx.PutDeployment(&structs.Deployment{ID: "z", Job: "j", JobVersion: 1, CreatedAt: 9})
		tx.PutDeployment(&structs.Deployment{ID: "a", Job: "j", JobVersion: 10, CreatedAt: 30})
		tx.PutDeployment(&structs.Deployment{ID: "b", Job: "j2", JobVersion: 1})
	})
	w.write(func(tx *Tx) {
		tx.PutDeployment(&structs.Deployment{ID: "z", Job: "j", JobVersion: 1, CreatedAt: 9, UpdatedAt: 99, Status: structs.DeploymentInactive})
	})
	order := func() (ids []string) {
		for d := range w.Snapshot().Deployments("j") {
			ids = append(ids, d.ID)
		}
		return ids
	}
	if diff := cmp.Diff([]string{"z", "c", "a"}, order()); diff != "" {
		t.Error(diff)
	}
	if d := w.Snapshot().Deployment("z"); d.UpdatedAt != 99 {
		t.Errorf("deployment %+v", d)
	}
	w.write(func(tx *Tx) { tx.RemoveDeployment(tx.Deployment("c")) })
	if diff := cmp.Diff([]string{"z", "a"}, order()); diff != "" || w.Snapshot().Deployment("c") != nil {
		t.Errorf("after one was removed: %s", diff)
	}
}

func TestJobVersions(t *testing.T) {
	w := newWriter(t)
	w.write(func(tx *Tx) {
		for _, v := range []int{10, 2, 1} {
			tx.PutJobVersion(&structs.Job{ID: "j", Version: v, Count: v * 7})
		}
		tx.PutJobVersion(&structs.Job{ID: "j2", Version: 3})
		tx.RemoveJobVersion(&structs.Job{ID: "j", Version: 1})
	})
	s := w.Snapshot()
	if s.JobVersion("j", 2).Count != 14 || s.JobVersion("j", 1) != nil || s.JobVersion("j", 3) != nil {
		t.Error("another version was found")
	}
	var versions []int
	for j := range s.JobVersions("j") {
		versions = append(versions, j.Version)
	}
	if !slices.Equal(versions, []int{2, 10}) {
		t.Errorf("versions %v", versions)
	}
}

// TestEvaluationsByState: an evaluation is listed among the open ones of its job and the blocked
// ones of its cluster for as long as it is open or blocked.
func TestEvaluationsByState(t *testing.T) {
	w := newWriter(t)
	eval := func(id, status string) *structs.Evaluation {
		return &structs.Evaluation{ID: id, Job: "j", Cluster: "prod", Status: status}
	}
	check := func(open, blocked int) {
		t.Helper()
		s := w.Snapshot()
		if o, b := len(slices.Collect(s.OpenEvaluations("j"))), len(slices.Collect(s.BlockedEvaluations("prod"))); o != open || b != blocked {
			t.Errorf("%d open, %d blocked; want %d, %d", o, b, open, blocked)
		}
	}
	for _, step := range []struct {
		status        string
		open, blocked int
	}{
		{structs.EvaluationReady, 1, 0}, {structs.EvaluationBlocked, 1, 1}, {structs.EvaluationReady, 1, 0},
		{structs.EvaluationBlocked, 1, 1}, {structs.EvaluationDone, 0, 0},
	} {
		w.write(func(tx *Tx) { tx.PutEvaluation(eval("e", step.status)) })
		check(step.open, step.blocked)
	}
	w.write(func(tx *Tx) {
		tx.PutEvaluation(eval("e2", structs.EvaluationBlocked))
		tx.PutEvaluation(&structs.Evaluation{ID: "e3", Job: "j0", Cluster: "pro", Status: structs.EvaluationBlocked})
	})
	check(1, 1)
	w.write(func(tx *Tx) { tx.RemoveEvaluation(tx.Evaluation("e2")) })
	check(0, 0)
}

func TestServiceEventsAreNeverNil(t *testing.T) {
	w := newWriter(t)
	w.write(func(tx *Tx) {
		tx.PutServiceEvents(&structs.ServiceEvents{Job: "j", Events: []structs.ServiceEvent{{ID: "1"}}})
	})
	if e := w.Snapshot().ServiceEvents("j"); len(e.Events) != 1 {
		t.Errorf("events %+v", e)
	}
	if e := w.Snapshot().ServiceEvents("none"); e == nil || len(e.Events) != 0 || e.Job != "none" {
		t.Errorf("events %+v of a service that has none", e)
	}
}
