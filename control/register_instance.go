package control

import (
	"cmp"
	"context"

	"github.com/gantry-project/gantry/structs"
)

// RegisterInstance adds a container instance, or renews the one with that id. An empty id gets a
// new one. The instance takes work once its agent opens its stream (Assignments). Tags are for a
// new instance.
func (c *Control) RegisterInstance(ctx context.Context, in structs.ContainerInstance, tags ...structs.Tag) (*structs.ContainerInstance, error) {
	if in.Cluster == "" {
		in.Cluster = structs.DefaultCluster
	}
	if err := (&structs.Cluster{Name: in.Cluster}).Validate(); err != nil {
		return nil, err
	}
	if in.CapacityProvider != "" { // like the cluster, it need not exist yet
		if err := (&structs.Cluster{Name: in.CapacityProvider}).Validate(); err != nil {
			return nil, structs.Errorf(structs.KindInvalidParameter, "Invalid capacity provider name %q. Use letters, digits, hyphens and underscores.", in.CapacityProvider)
		}
	}
	if err := in.ValidateGPUs(); err != nil {
		return nil, err
	}
	in.ID = cmp.Or(in.ID, c.config.NewID())
	in.RegisteredAt = c.Now()
	in.AgentConnected = false
	if _, err := c.config.Log.Apply(ctx, structs.RegisterInstance{Instance: in, Tags: tags, TaskNetwork: c.config.TaskNetwork}); err != nil {
		return nil, err
	}
	return c.config.Store.Snapshot().Instance(in.ID), nil
}
