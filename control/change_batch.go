package control

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// changeBatch is changeJob for a batch job. Each run is a separate job and the next version of its
// name. During a run, the same file changes nothing and a different one replaces the run. After the
// run, a file starts the next one.
func (c *Control) changeBatch(snap *state.Snapshot, spec *structs.JobSpec, ids jobIDs, now structs.Time) (*jobChange, error) {
	if service := snap.Service(spec.Cluster, spec.Name); service != nil && service.Status != structs.ServiceInactive {
		if service.Status == structs.ServiceDraining {
			return nil, errStillStopping(spec)
		}
		return nil, otherType(service, spec)
	}
	next := &structs.Job{
		ID: ids.job, Cluster: spec.Cluster, Name: spec.Name, Type: structs.JobBatch, Version: 1, Count: 1,
		Group: "family:" + spec.Name, CreatedAt: now,
	}
	spec.ApplyTo(next)
	if err := chooseCapacity(snap.Cluster(spec.Cluster), next); err != nil {
		return nil, err
	}
	present := snap.BatchJob(spec.Cluster, spec.Name)
	if present != nil {
		next.Version = present.Version + 1
		next.CreatedAt = max(now, present.CreatedAt+1) // runs are identified by when they began
		if present.Status != structs.BatchRunning {
			present = nil
		}
	}
	// a deregistered revision starts no run
	definition, isNew, err := definitionFor(snap, nil, spec, ids.by, now)
	if err != nil {
		return nil, err
	}
	next.TaskDefinition = definition.Key()
	if err := next.Batch.Validate(next.Count); err != nil {
		return nil, err
	}
	if err := next.ValidateLaunch(definition, c.config.Fargate); err != nil {
		return nil, err
	}
	if err := next.ValidatePlacement(definition); err != nil {
		return nil, err
	}
	change := &jobChange{present: present, next: next, fields: changedFields(snap, present, next, definition, spec.Tags)}
	if present != nil && len(change.fields) == 0 {
		change.next = present
		return change, nil
	}
	put := structs.PutJob{Job: *next, Evaluation: evaluationOf(next, ids.evaluation, structs.BecauseJobRegistered, now)}
	if present != nil {
		put.Replaces = present.ID
	}
	if isNew {
		put.Definition = definition
	}
	change.commands, change.evaluation = []structs.Command{put}, ids.evaluation
	return change, nil
}
