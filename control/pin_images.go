package control

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// PinImages proposes the digests that a deployment runs, on behalf of the agent of an instance, and
// returns all that hold: of several proposals for a container the first. It fails with
// KindResourceNotFound if the instance has no task of that deployment, so that an agent has no say
// in what others run.
func (c *Control) PinImages(ctx context.Context, instance, deployment string, images []structs.PinnedImage) ([]structs.PinnedImage, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	d := deploymentOn(snap, instance, deployment)
	if d == nil {
		return nil, structs.Errorf(structs.KindResourceNotFound, "container instance %s has no task of deployment %s", instance, deployment)
	}
	definition := snap.TaskDefinition(d.TaskDefinition)
	if definition == nil {
		return nil, structs.ErrTaskDefinitionNotFound()
	}
	if err := structs.CheckPinnedImages(images, definition); err != nil {
		return nil, err
	}
	isOpen := func(p structs.PinnedImage) bool { return structs.PinnedDigest(d.Images, p.Container) == "" }
	if !slices.ContainsFunc(images, isOpen) {
		return d.Images, nil
	}
	if _, err := c.config.Log.Apply(ctx, structs.PinImages{Deployment: d.ID, Images: images}); err != nil {
		return nil, err
	}
	if d = c.config.Store.Snapshot().Deployment(d.ID); d == nil {
		return nil, structs.ErrDeploymentNotFound()
	}
	return d.Images, nil
}

// deploymentOn returns a deployment that an instance has a task of or, if a rollback has taken over
// the tasks since the agent heard of them, the rollback; nil if there is none.
func deploymentOn(snap *state.Snapshot, instance, id string) *structs.Deployment {
	for t := range snap.InstanceTasks(instance) {
		d := snap.Deployment(t.StartedBy)
		if d != nil && d.Job == t.Job && t.Holds() && (d.ID == id || d.Adopts == id) {
			return d
		}
	}
	return nil
}
