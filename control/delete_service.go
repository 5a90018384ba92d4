package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// DeleteService makes a service DRAINING. Once its last task has stopped, it is INACTIVE and its
// name is free. Without force it must be scaled to 0 first (ECS). It returns the service as
// DRAINING, even if it has no tasks. Deleting it again changes nothing and returns it, DRAINING or
// INACTIVE (ECS).
func (c *Control) DeleteService(ctx context.Context, cluster, name string, force bool) (*structs.Job, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := activeCluster(snap, cluster); err != nil {
		return nil, err
	}
	job := snap.Service(cluster, name)
	switch {
	case job == nil:
		return nil, structs.ErrServiceNotFound()
	case job.Status != structs.ServiceActive:
		return job, nil
	}
	now := c.Now()
	cmd := structs.DeleteService{Job: job.ID, Force: force, Evaluation: c.evaluationOf(job, structs.BecauseServiceDeleted, now), At: now}
	if _, err := c.config.Log.Apply(ctx, cmd); err != nil {
		return nil, err
	}
	deleted := *c.config.Store.Snapshot().Job(job.ID)
	// it may be INACTIVE already, but the answer shows it DRAINING (ECS)
	deleted.Status, deleted.DeletedAt = structs.ServiceDraining, 0
	return &deleted, nil
}
