package control

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// changeService is changeJob for a service or daemon.
func (c *Control) changeService(snap *state.Snapshot, spec *structs.JobSpec, ids jobIDs, now structs.Time) (*jobChange, error) {
	present, err := presentService(snap, spec)
	if err != nil {
		return nil, err
	}
	next := firstVersion(snap, ids.job, spec.Cluster, spec.Name, spec.Type, now)
	if present == nil {
		next.Count, next.Service.CreatedBy = max(next.Count, 1), ids.by
	} else {
		*next = *present
		next.Version++
	}
	spec.ApplyTo(next)
	if err := chooseCapacity(snap.Cluster(spec.Cluster), next); err != nil {
		return nil, err
	}
	definition, isNew, err := definitionFor(snap, present, spec, ids.by, now)
	if err != nil {
		return nil, err
	}
	next.TaskDefinition = definition.Key()
	if err := c.expose(snap, next, definition); err != nil {
		return nil, err
	}
	if next.Service.LoadBalancers, err = balancersOf(snap, definition, next.Service.LoadBalancers); err != nil {
		return nil, err
	}
	if next.Service.LoadBalancers, err = balancersOf(snap, definition, next.Service.LoadBalancers); err != nil {
		return nil, err
	}
	if err := next.ValidateService(); err != nil {
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
	put := structs.PutJob{Job: *next, Tags: spec.Tags, Evaluation: evaluationOf(next, ids.evaluation, structs.BecauseServiceUpdated, now), Ingress: c.ingressOf(next)}
	if present == nil {
		put.Evaluation.Because = structs.BecauseServiceCreated
	}
	if isNew {
		put.Definition = definition
	}
	if present == nil || !next.SameTasks(present) {
		put.Deployment = deploymentOf(next, ids.deployment, now)
		change.deployment = put.Deployment
	}
	change.commands, change.evaluation = []structs.Command{put}, ids.evaluation
	return change, nil
}

// presentService returns the existing service that a spec is for, nil if there is none. It fails if
// the spec cannot be for it.
func presentService(snap *state.Snapshot, spec *structs.JobSpec) (*structs.Job, error) {
	if batch := snap.BatchJob(spec.Cluster, spec.Name); batch != nil && batch.Status == structs.BatchRunning {
		return nil, otherType(batch, spec)
	}
	present := snap.Service(spec.Cluster, spec.Name)
	switch {
	case present == nil || present.Status == structs.ServiceInactive:
		return nil, nil
	case present.Status == structs.ServiceDraining:
		return nil, errStillStopping(spec)
	case present.Service.Controller != structs.ControllerECS:
		return nil, structs.Errorf(structs.KindConflict, "job %s has the deployment controller %s, so it is not Gantry that moves it; change it by its task sets",
			spec.Name, present.Service.Controller)
	case present.Type != spec.Type:
		return nil, otherType(present, spec)
	}
	return present, nil
}

func errStillStopping(spec *structs.JobSpec) error {
	return structs.Errorf(structs.KindConflict, "job %s is still being stopped; run it again once its last task has ended", spec.Name)
}
