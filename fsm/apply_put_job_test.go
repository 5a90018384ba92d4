package fsm

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

func putJobCommand(h *harness, version int, eval, deployment string) structs.PutJob {
	put := putServiceCommand("s1", "web", version, eval, deployment)
	d := *h.snap().TaskDefinition("web:1")
	return structs.PutJob{Definition: &d, Job: put.Job, Deployment: put.Deployment, Evaluation: put.Evaluation, Tags: []structs.Tag{{Key: "a", Value: "b"}}}
}

func TestPutJob(t *testing.T) {
	h := serving(t)
	last := h.snap().LastRevision("web")
	h.do(putJobCommand(h, 2, "se2", "d2"))
	key := (&structs.TaskDefinition{Family: "web", Revision: last + 1}).Key()
	snap := h.snap()
	if d := snap.TaskDefinition(key); d == nil || d.Status != structs.DefinitionActive {
		t.Errorf("revision %s is %+v", key, d)
	}
	if job, d := snap.Job("s1"), snap.Deployment("d2"); job.TaskDefinition != key || job.Version != 2 || d.TaskDefinition != key || d.Status != structs.DeploymentPrimary {
		t.Errorf("the job is %+v, its deployment %+v", job, d)
	}
	if tags := snap.Tags("service/prod/web"); len(tags) != 1 || tags[0].Key != "a" {
		t.Errorf("its tags are %v", tags)
	}
	without := putJobCommand(h, 3, "se3", "")
	without.Definition, without.Tags, without.Job.TaskDefinition = nil, nil, key
	h.do(without)
	if snap := h.snap(); snap.Job("s1").TaskDefinition != key || snap.LastRevision("web") != last+1 || len(snap.Tags("service/prod/web")) != 0 {
		t.Errorf("without a new definition the job is %+v", snap.Job("s1"))
	}
}

// A refused job leaves no revision behind.
func TestPutJobIsWhole(t *testing.T) {
	h := serving(t)
	last := h.snap().LastRevision("web")
	h.refused(putJobCommand(h, 7, "se2", "d2"), structs.KindConflict, "was changed by another request")
	if got := h.snap().LastRevision("web"); got != last {
		t.Errorf("revision %d was registered", got)
	}
}

func putRunCommand(job, eval, replaces string, at structs.Time) structs.PutJob {
	cmd := createJobCommand(job, eval)
	cmd.Job.Type, cmd.Job.Name, cmd.Job.Count, cmd.Job.Batch, cmd.Job.CreatedAt = structs.JobBatch, "report", 2, &structs.BatchSpec{Attempts: 1}, at
	return structs.PutJob{Job: cmd.Job, Evaluation: cmd.Evaluation, Replaces: replaces}
}

func TestPutRuns(t *testing.T) {
	h := serving(t)
	h.do(putRunCommand("r1", "re1", "", 60))
	h.refused(putRunCommand("r2", "re2", "", 61), structs.KindConflict, "was changed by another request")
	h.refused(putRunCommand("r2", "re2", "other", 61), structs.KindConflict, "was changed by another request")
	h.do(planOf("re1", "r1", structs.Placement{Task: "rt1", Instance: "i1"}))
	h.do(putRunCommand("r2", "re2", "r1", 61))
	snap := h.snap()
	if first, last := snap.Job("r1"), snap.BatchJob("prod", "report"); first.Status != structs.BatchStopped || last.ID != "r2" || last.Status != structs.BatchRunning {
		t.Errorf("the first run is %s, the last %s is %s", first.Status, last.ID, last.Status)
	}
	if task := snap.Task("rt1"); task.DesiredStatus != structs.TaskStopped {
		t.Error("the tasks of the first run go on")
	}
	for range snap.Services("prod") {
		if snap.Service("prod", "report") != nil {
			t.Fatal("a batch job is among the services")
		}
	}
}

// Only one job has a name, whatever its type.
func TestNamesOfRunsAndServices(t *testing.T) {
	h := serving(t)
	run := putRunCommand("r1", "re1", "", 60)
	run.Job.Name = "web"
	h.refused(run, structs.KindConflict, "web is a service")
	h.do(putRunCommand("r1", "re1", "", 60))
	h.refused(putServiceCommand("s2", "report", 1, "se9", "d9"), structs.KindInvalidParameter, "Batch job report is running")
	h.do(structs.StopJob{Job: "r1", At: 70})
	h.do(putServiceCommand("s2", "report", 1, "se9", "d9"))
}
