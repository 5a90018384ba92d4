package ecs

import (
	"cmp"
	"context"

	"github.com/gantry-project/gantry/structs"
)

// maxDescribe is the most things that one Describe call takes (ECS).
const maxDescribe = 100

func (c *call) createCluster(ctx context.Context, in *CreateClusterRequest) (*CreateClusterResponse, error) {
	if len(in.CapacityProviders) > 0 || len(in.DefaultCapacityProviderStrategy) > 0 {
		return nil, unsupported("capacityProviders and defaultCapacityProviderStrategy")
	}
	if in.ServiceConnectDefaults != nil {
		return nil, unsupported("serviceConnectDefaults")
	}
	if err := checkTags("tags", in.Tags); err != nil {
		return nil, err
	}
	cluster := structs.Cluster{
		Name:          cmp.Or(in.ClusterName, structs.DefaultCluster),
		Configuration: in.Configuration,
		Settings:      in.Settings,
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

func (c *call) deleteCluster(ctx context.Context, in *DeleteClusterRequest) (*DeleteClusterResponse, error) {
	name, err := parseCluster(in.Cluster)
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
		name, err := parseCluster(text)
		if err != nil {
			return nil, err
		}
		if cluster := v.Cluster(name); cluster != nil {
			out.Clusters = append(out.Clusters, c.cluster(v, cluster, in.Include))
		} else {
			out.Failures = append(out.Failures, missing(c.arns.cluster(name)))
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
	found, next, err := listing{operation: "ListClusters", rows: rows, maxResults: in.MaxResults, token: in.NextToken}.page()
	return &ListClustersResponse{ClusterArns: found, NextToken: next}, err
}
