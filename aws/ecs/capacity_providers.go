package ecs

import (
	"cmp"
	"context"
	"slices"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// providersPage is the number of capacity providers on a page if the caller gives none (ECS).
const providersPage = 10

func (c *call) createCapacityProvider(ctx context.Context, in *CreateCapacityProviderRequest) (*CreateCapacityProviderResponse, error) {
	err := firstError(
		refuse(in.ManagedInstancesProvider != nil, "managedInstancesProvider: Gantry starts no machines; use autoScalingGroupProvider, and start agents with --capacity-provider "+in.Name),
		refuseCluster(in.Cluster),
		protocol.CheckTags("tags", in.Tags),
	)
	if err != nil {
		return nil, err
	}
	made, err := c.control.CreateCapacityProvider(ctx, in.Name, in.AutoScalingGroupProvider, in.Tags)
	if err != nil {
		return nil, err
	}
	out, err := c.shownProvider(ctx, made)
	return &CreateCapacityProviderResponse{CapacityProvider: out}, err
}

func (c *call) updateCapacityProvider(ctx context.Context, in *UpdateCapacityProviderRequest) (*UpdateCapacityProviderResponse, error) {
	if err := firstError(refuse(in.ManagedInstancesProvider != nil, "managedInstancesProvider"), refuseCluster(in.Cluster)); err != nil {
		return nil, err
	}
	name, err := c.arns.name("name", in.Name, kindProvider)
	if err != nil {
		return nil, err
	}
	if in.AutoScalingGroupProvider == nil {
		return nil, structs.Errorf(structs.KindInvalidParameter, "autoScalingGroupProvider is required: it holds the changes.")
	}
	updated, err := c.control.UpdateCapacityProvider(ctx, name, structs.AutoScalingGroupProvider{
		ManagedScaling:               in.AutoScalingGroupProvider.ManagedScaling,
		ManagedTerminationProtection: in.AutoScalingGroupProvider.ManagedTerminationProtection,
		ManagedDraining:              in.AutoScalingGroupProvider.ManagedDraining,
	})
	if err != nil {
		return nil, err
	}
	out, err := c.shownProvider(ctx, updated)
	return &UpdateCapacityProviderResponse{CapacityProvider: out}, err
}

func (c *call) deleteCapacityProvider(ctx context.Context, in *DeleteCapacityProviderRequest) (*DeleteCapacityProviderResponse, error) {
	if err := refuseCluster(in.Cluster); err != nil {
		return nil, err
	}
	name, err := c.arns.name("capacityProvider", in.CapacityProvider, kindProvider)
	if err != nil {
		return nil, err
	}
	deleted, err := c.control.DeleteCapacityProvider(ctx, name)
	if err != nil {
		return nil, err
	}
	out, err := c.shownProvider(ctx, deleted)
	return &DeleteCapacityProviderResponse{CapacityProvider: out}, err
}

// refuseCluster refuses a cluster: only providers of managed instances are in one.
func refuseCluster(cluster string) error {
	return refuse(cluster != "", "cluster for an autoScalingGroupProvider: associate it with PutClusterCapacityProviders")
}

func (c *call) describeCapacityProviders(ctx context.Context, in *DescribeCapacityProvidersRequest) (*DescribeCapacityProvidersResponse, error) {
	if len(in.CapacityProviders) > maxDescribe {
		return nil, tooMany("capacityProviders", maxDescribe)
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	within := func(string) bool { return true }
	if in.Cluster != "" {
		cluster, err := c.activeCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		within = func(name string) bool { return slices.Contains(v.Cluster(cluster).CapacityProviders, name) }
	}
	out := &DescribeCapacityProvidersResponse{}
	if len(in.CapacityProviders) == 0 {
		return out, c.listProviders(v, in, within, out)
	}
	for _, text := range in.CapacityProviders {
		name, err := c.arns.name("capacityProviders", text, kindProvider)
		if err != nil {
			return nil, err
		}
		if p := v.CapacityProvider(name); p != nil && within(name) {
			out.CapacityProviders = append(out.CapacityProviders, c.provider(v, p, in.Include))
		} else {
			out.Failures = append(out.Failures, missing(c.arns.asked(text, structs.CapacityProviderKey(name))))
		}
	}
	return out, nil
}

// listProviders adds a page of the capacity providers that have not been deleted.
func (c *call) listProviders(v view, in *DescribeCapacityProvidersRequest, within func(string) bool, out *DescribeCapacityProvidersResponse) error {
	all := structs.FargateProviders()
	for p := range v.CapacityProviders() {
		if p.Status == structs.ProviderActive {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b *structs.CapacityProvider) int { return cmp.Compare(a.Name, b.Name) })
	rows := func(yield func(string, string) bool) {
		for _, p := range all {
			if within(p.Name) && !yield(p.Name, p.Name) {
				return
			}
		}
	}
	found, next, err := protocol.Listing[string]{
		Operation: "DescribeCapacityProviders", Rows: rows, MaxResults: in.MaxResults, Size: providersPage, Token: in.NextToken,
	}.Page()
	for _, name := range found {
		out.CapacityProviders = append(out.CapacityProviders, c.provider(v, v.CapacityProvider(name), in.Include))
	}
	out.NextToken = next
	return err
}

// shownProvider shows a capacity provider as a call has left it.
func (c *call) shownProvider(ctx context.Context, p *structs.CapacityProvider) (*CapacityProvider, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := c.provider(v, p, includes{includeTags})
	return &out, nil
}

func (c *call) provider(v view, p *structs.CapacityProvider, include includes) CapacityProvider {
	return CapacityProvider{
		CapacityProviderArn:      c.arns.provider(p.Name),
		Name:                     p.Name,
		Type:                     p.Type,
		Status:                   p.Status,
		UpdateStatus:             p.UpdateStatus,
		AutoScalingGroupProvider: p.AutoScalingGroup,
		Tags:                     include.tags(v, structs.CapacityProviderKey(p.Name)),
	}
}
