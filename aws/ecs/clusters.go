package ecs

import (
	"cmp"
	"context"
	"slices"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// maxDescribe is the most resources that one Describe call takes (ECS).
const maxDescribe = 100

func (c *call) createCluster(ctx context.Context, in *CreateClusterRequest) (*CreateClusterResponse, error) {
	providers, err := c.clusterProviders(in.CapacityProviders, in.DefaultCapacityProviderStrategy)
	if err != nil {
		return nil, err
	}
	if err := firstError(checkConfiguration(in.Configuration), protocol.CheckTags("tags", in.Tags)); err != nil {
		return nil, err
	}
	cluster := structs.Cluster{
		Name:          cmp.Or(in.ClusterName, structs.DefaultCluster),
		Configuration: in.Configuration,
		Settings:      in.Settings,

		CapacityProviders:       providers.Providers,
		DefaultCapacityStrategy: providers.DefaultStrategy,
		ServiceConnectDefaults:  connectDefaults(in.ServiceConnectDefaults),
	}
	made, err := c.control.CreateCluster(ctx, cluster, in.Tags)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := c.cluster(v, made, includes{clusterConfigurations, clusterSettings, includeTags})
	return &CreateClusterResponse{Cluster: &out}, nil
}

func (c *call) updateCluster(ctx context.Context, in *UpdateClusterRequest) (*UpdateClusterResponse, error) {
	if err := checkConfiguration(in.Configuration); err != nil {
		return nil, err
	}
	out, err := c.changeCluster(ctx, in.Cluster, structs.UpdateCluster{
		Settings: in.Settings, Configuration: in.Configuration, ServiceConnectDefaults: connectDefaults(in.ServiceConnectDefaults),
	})
	return &UpdateClusterResponse{Cluster: out}, err
}

func (c *call) updateClusterSettings(ctx context.Context, in *UpdateClusterSettingsRequest) (*UpdateClusterSettingsResponse, error) {
	out, err := c.changeCluster(ctx, in.Cluster, structs.UpdateCluster{Settings: in.Settings})
	return &UpdateClusterSettingsResponse{Cluster: out}, err
}

func (c *call) putClusterCapacityProviders(ctx context.Context, in *PutClusterCapacityProvidersRequest) (*PutClusterCapacityProvidersResponse, error) {
	providers, err := c.clusterProviders(in.CapacityProviders, in.DefaultCapacityProviderStrategy)
	if err != nil {
		return nil, err
	}
	out, err := c.changeCluster(ctx, in.Cluster, structs.UpdateCluster{Providers: &providers})
	return &PutClusterCapacityProvidersResponse{Cluster: out}, err
}

func (c *call) changeCluster(ctx context.Context, argument string, change structs.UpdateCluster) (*Cluster, error) {
	var err error
	if change.Cluster, err = c.arns.parseCluster(argument); err != nil {
		return nil, err
	}
	changed, err := c.control.UpdateCluster(ctx, change)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := c.cluster(v, changed, includes{clusterConfigurations, clusterSettings, includeTags})
	return &out, nil
}

// checkConfiguration refuses configurations that promise encrypted storage, which nothing here
// would encrypt, and logs or encryption of the sessions of ExecuteCommand. Connections are
// encrypted by TLS.
func checkConfiguration(given *structs.ClusterConfiguration) error {
	if given == nil {
		return nil
	}
	const exec = "configuration.executeCommandConfiguration."
	e := cmp.Or(given.ExecuteCommandConfiguration, &structs.ExecuteCommandConfiguration{})
	return firstError(
		refuse(given.ManagedStorageConfiguration != nil, "configuration.managedStorageConfiguration"),
		refuse(e.Logging != "" && e.Logging != "NONE", exec+"logging "+e.Logging+" (use NONE: the audit log has each command, but nothing records what a session prints)"),
		refuse(e.LogConfiguration != nil, exec+"logConfiguration"),
		refuse(e.KmsKeyId != "", exec+"kmsKeyId"),
	)
}

// connectDefaults keeps the namespace as given. Nothing uses it yet: services with Service Connect
// are refused.
func connectDefaults(given *ClusterServiceConnectDefaultsRequest) *structs.ClusterServiceConnectDefaults {
	if given == nil {
		return nil
	}
	return &structs.ClusterServiceConnectDefaults{Namespace: given.Namespace}
}

// clusterProviders resolves the capacity providers of a cluster and its default strategy. They may
// be names or ARNs.
func (c *call) clusterProviders(providers []string, strategy []structs.CapacityProviderStrategyItem) (structs.ClusterProviders, error) {
	var out structs.ClusterProviders
	for _, text := range providers {
		name, err := c.arns.name("capacityProviders", text, kindProvider)
		if err != nil {
			return out, err
		}
		out.Providers = append(out.Providers, name)
	}
	var err error
	out.DefaultStrategy, err = c.capacityStrategy("defaultCapacityProviderStrategy", strategy)
	return out, err
}

// capacityStrategy resolves the capacity providers of a strategy to their names.
func (c *call) capacityStrategy(argument string, strategy []structs.CapacityProviderStrategyItem) ([]structs.CapacityProviderStrategyItem, error) {
	out := slices.Clone(strategy)
	for i := range out {
		var err error
		if out[i].CapacityProvider, err = c.arns.name(argument, out[i].CapacityProvider, kindProvider); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *call) deleteCluster(ctx context.Context, in *DeleteClusterRequest) (*DeleteClusterResponse, error) {
	name, err := c.arns.parseCluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	deleted, err := c.control.DeleteCluster(ctx, name)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := c.cluster(v, deleted, includes{clusterConfigurations, clusterSettings})
	return &DeleteClusterResponse{Cluster: &out}, nil
}

func (c *call) describeClusters(ctx context.Context, in *DescribeClustersRequest) (*DescribeClustersResponse, error) {
	if len(in.Clusters) > maxDescribe {
		return nil, tooMany("clusters", maxDescribe)
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	asked := in.Clusters
	if len(asked) == 0 {
		asked = []string{structs.DefaultCluster}
	}
	out := &DescribeClustersResponse{}
	for _, text := range asked {
		name, err := c.arns.name("clusters", text, kindCluster)
		if err != nil {
			return nil, err
		}
		if cluster := v.Cluster(name); cluster != nil {
			out.Clusters = append(out.Clusters, c.cluster(v, cluster, in.Include))
		} else {
			out.Failures = append(out.Failures, missing(c.arns.asked(text, structs.ClusterKey(name))))
		}
	}
	return out, nil
}

func (c *call) listClusters(ctx context.Context, in *ListClustersRequest) (*ListClustersResponse, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	rows := func(yield func(string, string) bool) {
		for cluster := range v.Clusters() {
			if cluster.Status == structs.ClusterActive && !yield(cluster.Name, c.arns.cluster(cluster.Name)) {
				return
			}
		}
	}
	found, next, err := protocol.Listing[string]{Operation: "ListClusters", Rows: rows, MaxResults: in.MaxResults, Token: in.NextToken}.Page()
	return &ListClustersResponse{ClusterArns: found, NextToken: next}, err
}
