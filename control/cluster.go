package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// CreateCluster makes a cluster, or finds the ACTIVE one of that name as it is (ECS: creating twice is no error).
func (c *Control) CreateCluster(ctx context.Context, cluster structs.Cluster, tags []structs.Tag) (*structs.Cluster, error) {
	if cluster.Name == "" {
		cluster.Name = structs.DefaultCluster
	}
	if err := cluster.Validate(); err != nil {
		return nil, err
	}
	cluster.Status = structs.ClusterActive
	cluster.CreatedAt = c.now()
	if _, err := c.Log.Apply(ctx, structs.CreateCluster{Cluster: cluster, Tags: tags}); err != nil {
		return nil, err
	}
	return c.Store.Snapshot().Cluster(cluster.Name), nil
}

// DeleteCluster makes a cluster INACTIVE and gives it as it then is. It must have no instances, tasks or services.
func (c *Control) DeleteCluster(ctx context.Context, name string) (*structs.Cluster, error) {
	if _, err := c.Log.Apply(ctx, structs.DeleteCluster{Cluster: name, At: c.now()}); err != nil {
		return nil, err
	}
	return c.Store.Snapshot().Cluster(name), nil
}
