package control

import (
	"strings"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// jobChange is what putting a job file comes to on one state.
type jobChange struct {
	present    *structs.Job // nil: there is none of that name
	next       *structs.Job // present where nothing changes
	deployment *structs.Deployment
	evaluation string // the id of the one that decides on it
	fields     []structs.FieldChange
	commands   []structs.Command // empty: nothing changes
}

// jobIDs are minted before a change, whether it needs them or not.
type jobIDs struct{ job, deployment, evaluation string }

func (c *Control) mintJobIDs() jobIDs {
	return jobIDs{job: c.NewID(), deployment: "ecs-svc/" + nineteenDigits(c.NewID()), evaluation: c.NewID()}
}

// changeJob turns a spec to the commands that make the cluster as the spec says. It is a pure function of its arguments, so that what
// is shown beforehand is what is done.
func changeJob(snap *state.Snapshot, spec *structs.JobSpec, ids jobIDs, now structs.Time) (*jobChange, error) {
	if field, problem := spec.Problem(); field != "" {
		return nil, structs.Errorf(structs.KindInvalidParameter, "%s: %s", field, problem)
	}
	if _, err := activeCluster(snap, spec.Cluster); err != nil {
		return nil, structs.Errorf(structs.KindOf(err), "cluster: there is no cluster %s; a machine that joins makes it, and so does CreateCluster", spec.Cluster)
	}
	present := snap.Service(spec.Cluster, spec.Name)
	switch {
	case present == nil || present.Status == structs.ServiceInactive:
		present = nil
	case present.Status == structs.ServiceDraining:
		return nil, structs.Errorf(structs.KindConflict, "job %s is still being stopped; run it again once its last task has ended", spec.Name)
	case present.Service.Controller != structs.ControllerECS:
		return nil, structs.Errorf(structs.KindConflict, "job %s has the deployment controller %s, so it is not Gantry that moves it; change it by its task sets",
			spec.Name, present.Service.Controller)
	case present.Type != spec.Type:
		return nil, structs.Errorf(structs.KindConflict,
			"type: job %s is a %s and cannot become a %s; stop it first, or give the new one another name", spec.Name, present.Type, spec.Type)
	}
	change, err := changeService(snap, present, spec, ids, now)
	if err != nil {
		return nil, inJobWords(err)
	}
	return change, nil
}

// changeService is changeJob for a service or daemon.
func changeService(snap *state.Snapshot, present *structs.Job, spec *structs.JobSpec, ids jobIDs, now structs.Time) (*jobChange, error) {
	next := firstVersion(snap, ids.job, spec.Cluster, spec.Name, spec.Type, now)
	if present == nil {
		next.Count = max(next.Count, 1)
	} else {
		*next = *present
		next.Version++
	}
	spec.ApplyTo(next)
	wanted, isNew, err := definitionFor(snap, present, spec)
	if err != nil {
		return nil, err
	}
	next.TaskDefinition = wanted.Key()
	if err := next.ValidateService(); err != nil {
		return nil, err
	}
	if err := next.ValidatePlacement(wanted); err != nil {
		return nil, err
	}
	change := &jobChange{present: present, next: next, fields: changedFields(snap, present, next, wanted, spec.Tags)}
	if present != nil && len(change.fields) == 0 {
		change.next = present
		return change, nil
	}
	put := structs.PutJob{Job: *next, Tags: spec.Tags, Evaluation: evaluationOf(next, ids.evaluation, "service-updated", now)}
	if present == nil {
		put.Evaluation.Because = "service-created"
	}
	if isNew {
		put.Definition = wanted
		put.Definition.RegisteredAt = now
	}
	if present == nil || isNew || next.TaskDefinition != present.TaskDefinition {
		put.Deployment = deploymentOf(next, ids.deployment, now)
		change.deployment = put.Deployment
	}
	change.commands, change.evaluation = []structs.Command{put}, ids.evaluation
	return change, nil
}

// definitionFor finds the revision that runs what a spec says: the job's own, or the newest of the family. Where neither does, it makes
// one, which has the revision that comes next.
func definitionFor(snap *state.Snapshot, present *structs.Job, spec *structs.JobSpec) (d *structs.TaskDefinition, isNew bool, err error) {
	wanted, err := spec.Definition()
	if err != nil {
		return nil, false, err
	}
	if missing := structs.UnsupportedFeatures(wanted, nil); len(missing) > 0 {
		return nil, false, structs.Errorf(structs.KindUnsupportedFeature, "%s: not supported by this version of Gantry; leave it out", strings.Join(missing, ", "))
	}
	known := []*structs.TaskDefinition{snap.LatestTaskDefinition(spec.Name)}
	if present != nil {
		known = []*structs.TaskDefinition{snap.TaskDefinition(present.TaskDefinition), known[0]}
	}
	for _, d := range known {
		if d != nil && len(structs.DiffDefinitions(d, wanted)) == 0 {
			return d, false, nil
		}
	}
	wanted.Revision = snap.LastRevision(wanted.Family) + 1
	return wanted, true, nil
}

// changedFields compares a job with what is to become of it, in the words of a job file.
func changedFields(snap *state.Snapshot, present, next *structs.Job, definition *structs.TaskDefinition, tags []structs.Tag) []structs.FieldChange {
	var from *structs.JobSpec
	var was *structs.TaskDefinition
	if present != nil {
		from = structs.SpecOf(present, nil, snap.Tags(serviceTags(present)))
		was = snap.TaskDefinition(present.TaskDefinition)
	}
	fields := structs.Diff(from, structs.SpecOf(next, nil, tags))
	return append(fields, structs.DiffDefinitions(was, definition)...)
}

// inJobWords makes an error that speaks of ECS's fields speak of those of a job file.
func inJobWords(err error) error {
	kind := structs.KindOf(err)
	if kind == structs.KindInternal {
		return err
	}
	if kind == structs.KindClient { // a task definition's own error; the caller of a job file gave the file
		kind = structs.KindInvalidParameter
	}
	return structs.Errorf(kind, "%s", structs.JobFieldNames(err.Error()))
}
