package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// DeregisterInstance makes an instance INACTIVE: it leaves its cluster until its agent registers
// again. With force its tasks are stopped (ECS leaves their containers running without an owner).
// Without force it must have none.
func (c *Control) DeregisterInstance(ctx context.Context, cluster, id string, force bool) (*structs.ContainerInstance, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := activeCluster(snap, cluster); err != nil {
		return nil, err
	}
	if i := snap.Instance(id); i == nil || i.Cluster != cluster {
		return nil, structs.ErrInstanceNotFound(id)
	}
	if !force {
		for range snap.InstanceTasks(id) {
			return nil, structs.Errorf(structs.KindInvalidParameter, "Found running tasks on the instance.")
		}
	}
	// A task that was placed in the meantime is stopped with the instance, and replaced elsewhere
	// if it is a service's.
	cmd := structs.SetInstanceStatus{Instances: []string{id}, Status: structs.InstanceInactive, At: c.Now()}
	if _, err := c.config.Log.Apply(ctx, cmd); err != nil {
		return nil, err
	}
	return c.config.Store.Snapshot().Instance(id), nil
}
