package state

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

// TestRangesEndWhereTheirKeyEnds: names with a common beginning are kept apart.
func TestRangesEndWhereTheirKeyEnds(t *testing.T) {
	w := newWriter(t)
	w.write(func(tx *Tx) {
		for _, cluster := range []string{"a", "ab", "b"} {
			tx.PutJob(&structs.Job{ID: "job-" + cluster, Cluster: cluster})
			tx.PutInstance(&structs.ContainerInstance{ID: "instance-" + cluster, Cluster: cluster})
			row := task("task-"+cluster, "job-"+cluster, "instance-"+cluster)
			row.Cluster = cluster
			tx.PutTask(row)
			tx.PutEvaluation(&structs.Evaluation{ID: "eval-" + cluster, Job: "job-" + cluster})
			tx.PutTaskDefinition(&structs.TaskDefinition{Family: cluster, Revision: 1})
		}
	})
	s := w.Snapshot()
	var got []string
	for j := range s.Jobs("a") {
		got = append(got, j.ID)
	}
	for i := range s.Instances("a") {
		got = append(got, i.ID)
	}
	got = append(got, ids(s.Tasks("a"))...)
	got = append(got, ids(s.JobTasks("job-a"))...)
	got = append(got, ids(s.InstanceTasks("instance-a"))...)
	for e := range s.JobEvaluations("job-a") {
		got = append(got, e.ID)
	}
	for d := range s.FamilyTaskDefinitions("a") {
		got = append(got, d.Key())
	}
	want := []string{"job-a", "instance-a", "task-a", "task-a", "task-a", "eval-a", "a:1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRemoved(t *testing.T) {
	w := newWriter(t)
	job := &structs.Job{ID: "j1", Cluster: "prod", ClientToken: "token"}
	eval := &structs.Evaluation{ID: "e1", Job: "j1"}
	instance := &structs.ContainerInstance{ID: "i1", Cluster: "prod"}
	definition := &structs.TaskDefinition{Family: "web", Revision: 1}
	w.write(func(tx *Tx) {
		tx.PutCluster(&structs.Cluster{Name: "prod"})
		tx.PutJob(job)
		tx.PutEvaluation(eval)
		tx.PutInstance(instance)
		tx.PutTask(task("t1", "j1", "i1"))
		tx.PutTaskDefinition(definition)
	})
	w.write(func(tx *Tx) {
		tx.RemoveCluster("prod")
		tx.RemoveTask(task("t1", "j1", "i1"))
		tx.RemoveEvaluation(eval)
		tx.RemoveJob(job)
		tx.RemoveInstance(instance)
		tx.RemoveTaskDefinition(definition)
	})
	s := w.Snapshot()
	if s.Cluster("prod") != nil || s.Job("j1") != nil || s.JobByToken("prod", "token") != nil || s.Evaluation("e1") != nil ||
		s.Instance("i1") != nil || s.Task("t1") != nil || s.TaskDefinition("web:1") != nil {
		t.Error("a row is still there")
	}
	for name, n := range map[string]int{
		"jobs of the cluster": len(slices.Collect(s.Jobs("prod"))), "instances of the cluster": len(slices.Collect(s.Instances("prod"))),
		"tasks of the job": len(ids(s.JobTasks("j1"))), "tasks of the instance": len(ids(s.InstanceTasks("i1"))),
		"evaluations of the job": len(slices.Collect(s.JobEvaluations("j1"))),
	} {
		if n != 0 {
			t.Errorf("%s: %d are still listed", name, n)
		}
	}
}

func TestTaskDefinitionRevisions(t *testing.T) {
	w := newWriter(t)
	w.write(func(tx *Tx) {
		for n := range int32(11) {
			status := structs.DefinitionActive
			if n == 10 {
				status = structs.DefinitionInactive
			}
			if next := tx.NextRevision("web"); next != n+1 {
				t.Errorf("revision %d, want %d", next, n+1)
			}
			tx.PutTaskDefinition(&structs.TaskDefinition{Family: "web", Revision: n + 1, Status: status})
		}
	})
	s := w.Snapshot()
	// by number, not by text; 11 is not ACTIVE
	if d := s.LatestTaskDefinition("web"); d == nil || d.Key() != "web:10" {
		t.Errorf("the newest ACTIVE revision is %+v, want web:10", d)
	}
	for _, key := range []string{"web", "web:0", "web:12", "web:x", ":1", "other:1"} {
		if d := s.TaskDefinition(key); d != nil {
			t.Errorf("%q finds %s", key, d.Key())
		}
	}
	if s.LatestTaskDefinition("other") != nil {
		t.Error("a family that was never registered has a revision")
	}
}

func TestJobWithoutTokenIsNotFoundByToken(t *testing.T) {
	w := newWriter(t)
	w.write(func(tx *Tx) { tx.PutJob(&structs.Job{ID: "j1", Cluster: "prod"}) })
	if j := w.Snapshot().JobByToken("prod", ""); j != nil {
		t.Errorf("an empty token finds job %s", j.ID)
	}
}

func TestTags(t *testing.T) {
	w := newWriter(t)
	set := []structs.Tag{{Key: "b"}, {Key: "a"}}
	w.write(func(tx *Tx) {
		tx.PutTags("cluster/prod", set)
		tx.PutTags("cluster/none", nil)
	})
	all := slices.Collect(tags.all(w.Snapshot()))
	if diff := cmp.Diff([]*Tags{{Resource: "cluster/prod", Tags: set}}, all); diff != "" {
		t.Error(diff)
	}
	w.write(func(tx *Tx) { tx.PutTags("cluster/prod", []structs.Tag{}) })
	if got := w.Snapshot().Tags("cluster/prod"); got != nil {
		t.Errorf("tags %v, want none", got)
	}
}
