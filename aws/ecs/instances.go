package ecs

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

func (c *call) describeContainerInstances(ctx context.Context, in *DescribeContainerInstancesRequest) (*DescribeContainerInstancesResponse, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	cluster, err := c.activeCluster(v, in.Cluster)
	if err != nil {
		return nil, err
	}
	switch n := len(in.ContainerInstances); {
	case n == 0:
		return nil, structs.Errorf(structs.KindClient, "Container Instances cannot be empty.")
	case n > maxDescribe:
		return nil, tooMany("containerInstances", maxDescribe)
	}
	out := &DescribeContainerInstancesResponse{}
	for _, text := range in.ContainerInstances {
		id, here, err := parseMember("containerInstances", text, kindInstance, cluster)
		if err != nil {
			return nil, err
		}
		if i := v.Instance(id); here && i != nil && i.Cluster == cluster {
			out.ContainerInstances = append(out.ContainerInstances, c.instance(v, i, in.Include))
		} else {
			out.Failures = append(out.Failures, missing(c.arns.instance(cluster, id)))
		}
	}
	return out, nil
}

func (c *call) listContainerInstances(ctx context.Context, in *ListContainerInstancesRequest) (*ListContainerInstancesResponse, error) {
	if in.Filter != "" {
		return nil, unsupported("filter, the cluster query language")
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	cluster, err := c.activeCluster(v, in.Cluster)
	if err != nil {
		return nil, err
	}
	rows := func(yield func(string, string) bool) {
		for i := range v.Instances(cluster) {
			wanted := i.Status == in.Status || in.Status == "" && i.Status != structs.InstanceInactive
			if wanted && !yield(i.ID, c.arns.instance(cluster, i.ID)) {
				return
			}
		}
	}
	found, next, err := listing{operation: "ListContainerInstances", rows: rows, maxResults: in.MaxResults, token: in.NextToken}.page()
	return &ListContainerInstancesResponse{ContainerInstanceArns: found, NextToken: next}, err
}
