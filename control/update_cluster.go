package control

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// UpdateCluster changes a cluster; nil fields leave it unchanged. Capacity providers and the
// strategy are replaced together: providers that are not named are removed, unless tasks or
// services use them (ECS).
func (c *Control) UpdateCluster(ctx context.Context, cmd structs.UpdateCluster) (*structs.Cluster, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := activeCluster(snap, cmd.Cluster); err != nil {
		return nil, err
	}
	if p := cmd.Providers; p != nil {
		if err := checkClusterProviders(p.Providers, p.DefaultStrategy); err != nil {
			return nil, err
		}
	}
	if err := checkClusterSettings(cmd.Settings); err != nil {
		return nil, err
	}
	if _, err := c.config.Log.Apply(ctx, cmd); err != nil {
		return nil, err
	}
	return c.config.Store.Snapshot().Cluster(cmd.Cluster), nil
}

// chooseCapacity sets the capacity providers of a job: its own or, if it has none and no launch
// type, those of its cluster's default strategy.
func chooseCapacity(cluster *structs.Cluster, job *structs.Job) error {
	if len(job.CapacityStrategy) == 0 && job.LaunchType == "" {
		job.CapacityStrategy = cluster.DefaultCapacityStrategy
	}
	if err := structs.ValidateStrategy("capacityProviderStrategy", job.CapacityStrategy, cluster.CapacityProviders); err != nil {
		return err
	}
	return nil
}

// checkClusterSettings fails on values that ECS does not accept.
func checkClusterSettings(settings []structs.ClusterSetting) error {
	for _, s := range settings {
		if s.Name != structs.SettingContainerInsights {
			return structs.Errorf(structs.KindInvalidParameter, "settings: '%s' is not a setting of clusters; the only one is %s", s.Name, structs.SettingContainerInsights)
		}
		// the account's setting takes the same values
		if err := (&structs.AccountSetting{Name: s.Name, Value: s.Value}).Validate(); err != nil {
			return err
		}
	}
	return nil
}

// checkClusterProviders returns what is wrong with the capacity providers of a cluster, whether
// they exist or not.
func checkClusterProviders(providers []string, strategy []structs.CapacityProviderStrategyItem) error {
	if n := len(providers); n > structs.MaxClusterProviders {
		return structs.Errorf(structs.KindInvalidParameter,
			"The maximum number of capacity providers per cluster has been exceeded. A cluster can have at most %d; there are %d.",
			structs.MaxClusterProviders, n)
	}
	for i, name := range providers {
		if slices.Contains(providers[:i], name) {
			return structs.Errorf(structs.KindInvalidParameter, "capacityProviders[%d]: %s is given twice", i, name)
		}
	}
	if err := structs.ValidateStrategy("defaultCapacityProviderStrategy", strategy, providers); err != nil {
		return err
	}
	return nil
}
