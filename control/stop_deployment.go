package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// StopDeployment ends a deployment in progress. Stopping it again in the same way changes nothing.
func (c *Control) StopDeployment(ctx context.Context, id, how string) error {
	snap, err := c.Read(ctx)
	if err != nil {
		return err
	}
	d := snap.Deployment(id)
	switch {
	case d == nil:
		return structs.ErrDeploymentNotFound()
	case d.StopRequested == how:
		return nil
	case d.Status != structs.DeploymentPrimary || d.Rollout != structs.RolloutInProgress || d.RollbackOf != "":
		return structs.Errorf(structs.KindConflict, "Service deployment %s is not in progress, so it cannot be stopped.", id)
	}
	now := c.Now()
	job := &structs.Job{ID: d.Job, Cluster: d.Cluster}
	_, err = c.config.Log.Apply(ctx, structs.StopDeployment{
		Deployment: id, Type: how, Evaluation: c.evaluationOf(job, structs.BecauseDeploymentStopped, now), At: now,
	})
	return err
}
