package control

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// CreateCluster creates a cluster. If an ACTIVE one has that name, it is returned unchanged (in
// ECS, creating twice is not an error).
func (c *Control) CreateCluster(ctx context.Context, cluster structs.Cluster, tags []structs.Tag) (*structs.Cluster, error) {
	if cluster.Name == "" {
		cluster.Name = structs.DefaultCluster
	}
	if err := cluster.Validate(); err != nil {
		return nil, err
	}
	if err := checkClusterProviders(cluster.CapacityProviders, cluster.DefaultCapacityStrategy); err != nil {
		return nil, err
	}
	if err := checkClusterSettings(cluster.Settings); err != nil {
		return nil, err
	}
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	cluster.Status = structs.ClusterActive
	cluster.CreatedAt = c.Now()
	cluster.Settings = withInsights(cluster.Settings, snap.EffectiveSetting(PrincipalOf(ctx), structs.SettingContainerInsights))
	if _, err := c.config.Log.Apply(ctx, structs.CreateCluster{Cluster: cluster, Tags: tags}); err != nil {
		return nil, err
	}
	made := c.config.Store.Snapshot().Cluster(cluster.Name)
	// The earlier request may have had other capacity providers, and the difference must not be
	// ignored silently.
	if asked := cluster.CapacityProviders; len(asked) > 0 &&
		(!slices.Equal(made.CapacityProviders, asked) || !slices.Equal(made.DefaultCapacityStrategy, cluster.DefaultCapacityStrategy)) {
		return nil, structs.Errorf(structs.KindInvalidParameter, "Arguments on this idempotent request are inconsistent with arguments used "+
			"in previous request(s). Cluster %s exists; change its capacity providers with PutClusterCapacityProviders.", cluster.Name)
	}
	return made, nil
}

// withInsights adds the account's setting to a new cluster without one of its own (ECS).
func withInsights(settings []structs.ClusterSetting, account *structs.AccountSetting) []structs.ClusterSetting {
	given := slices.ContainsFunc(settings, func(s structs.ClusterSetting) bool { return s.Name == account.Name })
	// without the setting, the default applies
	if given || account.Value == structs.DefaultSetting(account.Name) {
		return settings
	}
	return append([]structs.ClusterSetting{{Name: account.Name, Value: account.Value}}, settings...)
}

// DeleteCluster makes a cluster INACTIVE and returns it. It must have no instances, tasks or
// services.
func (c *Control) DeleteCluster(ctx context.Context, name string) (*structs.Cluster, error) {
	if _, err := c.config.Log.Apply(ctx, structs.DeleteCluster{Cluster: name, At: c.Now()}); err != nil {
		return nil, err
	}
	return c.config.Store.Snapshot().Cluster(name), nil
}
