package ecs

import (
	"context"
	"iter"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/structs/query"
)

func (c *call) describeContainerInstances(ctx context.Context, in *DescribeContainerInstancesRequest) (*DescribeContainerInstancesResponse, error) {
	v, cluster, err := c.readCluster(ctx, in.Cluster)
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
		id, err := c.arns.parseMember("containerInstances", text, kindInstance, cluster)
		if err != nil {
			return nil, err
		}
		if i := v.Instance(id); i != nil && i.Cluster == cluster {
			out.ContainerInstances = append(out.ContainerInstances, c.instance(v, i, in.Include))
		} else {
			out.Failures = append(out.Failures, missing(c.arns.asked(text, structs.InstanceKey(cluster, id))))
		}
	}
	return out, nil
}

func (c *call) listContainerInstances(ctx context.Context, in *ListContainerInstancesRequest) (*ListContainerInstancesResponse, error) {
	wanted, err := instanceFilter(in)
	if err != nil {
		return nil, err
	}
	v, cluster, err := c.readCluster(ctx, in.Cluster)
	if err != nil {
		return nil, err
	}
	rows := func(yield func(string, string) bool) {
		for i := range v.Instances(cluster) {
			if wanted(v, i) && !yield(i.ID, c.arns.instance(cluster, i.ID)) {
				return
			}
		}
	}
	found, next, err := protocol.Listing[string]{Operation: "ListContainerInstances", Rows: rows, MaxResults: in.MaxResults, Token: in.NextToken}.Page()
	return &ListContainerInstancesResponse{ContainerInstanceArns: found, NextToken: next}, err
}

// instanceFilter returns a filter for the instances that are asked for: those with the status, or
// all that are not INACTIVE, if the filter expression matches them.
func instanceFilter(in *ListContainerInstancesRequest) (func(view, *structs.ContainerInstance) bool, error) {
	var filter *query.Expression
	if in.Filter != "" {
		var err error
		if filter, err = query.Parse(in.Filter); err != nil {
			return nil, structs.Errorf(structs.KindInvalidParameter, "filter: %s", err)
		}
	}
	return func(v view, i *structs.ContainerInstance) bool {
		if in.Status != "" && i.Status != in.Status || in.Status == "" && i.Status == structs.InstanceInactive {
			return false
		}
		return filter == nil || filter.Match(&structs.QuerySubject{Instance: i, Usage: v.Usage(i.ID), TaskGroups: taskGroups(v, i)})
	}, nil
}

// taskGroups returns the group of each task on an instance.
func taskGroups(v view, i *structs.ContainerInstance) iter.Seq[string] {
	return func(yield func(string) bool) {
		for t := range v.InstanceTasks(i.ID) {
			if !yield(t.Group) {
				return
			}
		}
	}
}

// maxUpdateInstances is the most instances that one UpdateContainerInstancesState call takes (ECS).
const maxUpdateInstances = 10

func (c *call) updateContainerInstancesState(ctx context.Context, in *UpdateContainerInstancesStateRequest) (*UpdateContainerInstancesStateResponse, error) {
	if in.Status != structs.InstanceActive && in.Status != structs.InstanceDraining {
		return nil, structs.Errorf(structs.KindInvalidParameter, "Container instances can be set to ACTIVE or DRAINING, not to %s.", in.Status)
	}
	cluster, err := c.arns.parseCluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	switch n := len(in.ContainerInstances); {
	case n == 0:
		return nil, structs.Errorf(structs.KindInvalidParameter, "Container Instances cannot be empty.")
	case n > maxUpdateInstances:
		return nil, tooMany("instanceIds", maxUpdateInstances) // ECS's name for it
	}
	out := &UpdateContainerInstancesStateResponse{}
	var ids []string
	for _, text := range in.ContainerInstances {
		id, err := c.arns.parseMember("containerInstances", text, kindInstance, cluster)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	set, failures, err := c.control.SetInstanceStatus(ctx, cluster, ids, in.Status)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	for _, i := range set {
		out.ContainerInstances = append(out.ContainerInstances, c.instance(v, i, nil))
	}
	for _, f := range failures {
		out.Failures = append(out.Failures, Failure{Arn: c.arns.instance(cluster, f.Instance), Reason: f.Reason})
	}
	return out, nil
}

func (c *call) deregisterContainerInstance(ctx context.Context, in *DeregisterContainerInstanceRequest) (*DeregisterContainerInstanceResponse, error) {
	cluster, err := c.arns.parseCluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	id, err := c.arns.parseMember("containerInstance", in.ContainerInstance, kindInstance, cluster)
	if err != nil {
		return nil, err
	}
	deregistered, err := c.control.DeregisterInstance(ctx, cluster, id, in.Force != nil && *in.Force)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := c.instance(v, deregistered, nil)
	return &DeregisterContainerInstanceResponse{ContainerInstance: &out}, nil
}
