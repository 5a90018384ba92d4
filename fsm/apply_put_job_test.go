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

// A job that is refused leaves no revision behind.
func TestPutJobIsWhole(t *testing.T) {
	h := serving(t)
	last := h.snap().LastRevision("web")
	h.refused(putJobCommand(h, 7, "se2", "d2"), structs.KindConflict, "was changed by another request")
	if got := h.snap().LastRevision("web"); got != last {
		t.Errorf("revision %d was registered", got)
	}
}
