package elbv2

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

func (c *call) createLoadBalancer(ctx context.Context, in *CreateLoadBalancerInput) (*CreateLoadBalancerOutput, error) {
	switch {
	case in.CustomerOwnedIpv4Pool != "":
		return nil, refuse("CustomerOwnedIpv4Pool", "leave it out")
	case in.EnablePrefixForIpv6SourceNat == "on":
		return nil, refuse("EnablePrefixForIpv6SourceNat", "leave it out")
	case in.IpamPools != nil && in.IpamPools.Ipv4IpamPoolId != "":
		return nil, refuse("IpamPools", "leave it out")
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	subnets, err := subnetsOf(in.Subnets, in.SubnetMappings)
	if err != nil {
		return nil, err
	}
	b, err := c.traffic.CreateLoadBalancer(ctx, structs.LoadBalancer{
		Name: in.Name, Type: in.Type, Scheme: in.Scheme, IPAddressType: in.IpAddressType, Subnets: subnets, SecurityGroups: in.SecurityGroups,
	}, tags)
	if err != nil {
		return nil, err
	}
	return &CreateLoadBalancerOutput{LoadBalancers: []LoadBalancer{c.showLoadBalancer(b)}}, nil
}

// subnetsOf reads the subnets of a request, which are names without an effect.
func subnetsOf(subnets []string, mappings []SubnetMapping) ([]string, error) {
	if len(subnets) > 0 && len(mappings) > 0 {
		return nil, structs.Errorf(structs.KindInvalidConfiguration, "You must specify either subnets or subnet mappings")
	}
	for _, m := range mappings {
		switch {
		case m.SubnetId == "":
			return nil, structs.Errorf(structs.KindInvalidParameter, "A subnet must be specified in each subnet mapping")
		case m.AllocationId+m.IPv6Address+m.PrivateIPv4Address+m.SourceNatIpv6Prefix != "":
			return nil, refuse("An address in SubnetMappings", "ingress instances have the addresses of their machines, so give SubnetId alone")
		}
		subnets = append(subnets, m.SubnetId)
	}
	return subnets, nil
}

func (c *call) showLoadBalancer(b *structs.LoadBalancer) LoadBalancer {
	return LoadBalancer{
		LoadBalancerArn: c.arn(b.Resource()), LoadBalancerName: b.Name, DNSName: b.DNSName(), CreatedTime: b.CreatedAt,
		Scheme: b.Scheme, Type: b.Type, IpAddressType: b.IPAddressType, State: &LoadBalancerState{Code: "active"},
		SecurityGroups: slices.Concat([]string{}, b.SecurityGroups), AvailabilityZones: zonesOf(b),
	}
}

// zonesOf returns what elbv2 shows of the subnets of a load balancer. Their zones are not known.
func zonesOf(b *structs.LoadBalancer) []AvailabilityZone {
	zones := []AvailabilityZone{}
	for _, subnet := range b.Subnets {
		zones = append(zones, AvailabilityZone{SubnetId: subnet, LoadBalancerAddresses: []LoadBalancerAddress{}})
	}
	return zones
}

// describeLoadBalancers shows load balancers by ARN or name, or all.
func (c *call) describeLoadBalancers(ctx context.Context, in *DescribeLoadBalancersInput) (*DescribeLoadBalancersOutput, error) {
	if len(in.LoadBalancerArns) > 0 && len(in.Names) > 0 {
		return nil, structs.Errorf(structs.KindInvalidParameter, "Load balancer names and load balancer ARNs cannot be specified at the same time")
	}
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	var rows []*structs.LoadBalancer
	for _, arn := range in.LoadBalancerArns {
		b, err := c.loadBalancer(snap, arn)
		if err != nil {
			return nil, err
		}
		rows = append(rows, b)
	}
	for _, name := range in.Names {
		b := snap.LoadBalancerNamed(name)
		if b == nil {
			return nil, structs.Errorf(structs.KindLoadBalancerNotFound, "Load balancers '[%s]' not found", name)
		}
		rows = append(rows, b)
	}
	if len(in.LoadBalancerArns)+len(in.Names) == 0 {
		rows = slices.Collect(snap.LoadBalancers())
	}
	var shown []LoadBalancer
	for _, b := range unique(rows, func(b *structs.LoadBalancer) string { return b.Name }) {
		shown = append(shown, c.showLoadBalancer(b))
	}
	out := &DescribeLoadBalancersOutput{}
	out.LoadBalancers, out.NextMarker, err = page("DescribeLoadBalancers", shown, func(b LoadBalancer) string { return b.LoadBalancerName }, in.PageSize, in.Marker)
	return out, err
}

// unique returns rows in the order of their keys, each once.
func unique[T any](rows []T, key func(T) string) []T {
	compare := func(a, b T) int {
		switch x, y := key(a), key(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	slices.SortFunc(rows, compare)
	return slices.CompactFunc(rows, func(a, b T) bool { return key(a) == key(b) })
}

// deleteLoadBalancer succeeds for a load balancer that does not exist (elbv2).
func (c *call) deleteLoadBalancer(ctx context.Context, in *DeleteLoadBalancerInput) (*DeleteLoadBalancerOutput, error) {
	r, err := structs.ParseTrafficARN(c.region, c.account, in.LoadBalancerArn, structs.ResourceLoadBalancer)
	if err != nil {
		return nil, err
	}
	return &DeleteLoadBalancerOutput{}, c.traffic.DeleteLoadBalancer(ctx, r.ID)
}

// changeLoadBalancer changes the load balancer of an ARN.
func (c *call) changeLoadBalancer(ctx context.Context, arn string, change func(*structs.LoadBalancer) error) (*structs.LoadBalancer, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	b, err := c.loadBalancer(snap, arn)
	if err != nil {
		return nil, err
	}
	return c.traffic.ChangeLoadBalancer(ctx, b.ID, change)
}

func (c *call) setSubnets(ctx context.Context, in *SetSubnetsInput) (*SetSubnetsOutput, error) {
	subnets, err := subnetsOf(in.Subnets, in.SubnetMappings)
	switch {
	case err != nil:
		return nil, err
	case len(subnets) == 0:
		return nil, structs.Errorf(structs.KindInvalidParameter, "A subnet must be specified")
	case in.EnablePrefixForIpv6SourceNat == "on":
		return nil, refuse("EnablePrefixForIpv6SourceNat", "leave it out")
	}
	b, err := c.changeLoadBalancer(ctx, in.LoadBalancerArn, func(b *structs.LoadBalancer) error {
		b.Subnets = subnets
		if in.IpAddressType != "" {
			b.IPAddressType = in.IpAddressType
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &SetSubnetsOutput{AvailabilityZones: zonesOf(b), IpAddressType: b.IPAddressType}, nil
}

func (c *call) setSecurityGroups(ctx context.Context, in *SetSecurityGroupsInput) (*SetSecurityGroupsOutput, error) {
	b, err := c.changeLoadBalancer(ctx, in.LoadBalancerArn, func(b *structs.LoadBalancer) error {
		b.SecurityGroups = in.SecurityGroups
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &SetSecurityGroupsOutput{SecurityGroupIds: b.SecurityGroups}, nil
}

func (c *call) setIPAddressType(ctx context.Context, in *SetIpAddressTypeInput) (*SetIpAddressTypeOutput, error) {
	b, err := c.changeLoadBalancer(ctx, in.LoadBalancerArn, func(b *structs.LoadBalancer) error {
		b.IPAddressType = in.IpAddressType
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &SetIpAddressTypeOutput{IpAddressType: b.IPAddressType}, nil
}

// describeCapacityReservation says that no capacity is reserved, which Terraform reads.
func (c *call) describeCapacityReservation(ctx context.Context, in *DescribeCapacityReservationInput) (*DescribeCapacityReservationOutput, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := c.loadBalancer(snap, in.LoadBalancerArn); err != nil {
		return nil, err
	}
	return &DescribeCapacityReservationOutput{}, nil
}
