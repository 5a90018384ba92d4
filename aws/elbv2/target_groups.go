package elbv2

import (
	"cmp"
	"context"
	"slices"

	"github.com/gantry-project/gantry/control/traffic"
	"github.com/gantry-project/gantry/structs"
)

func (c *call) createTargetGroup(ctx context.Context, in *CreateTargetGroupInput) (*CreateTargetGroupOutput, error) {
	if in.TargetControlPort != nil {
		return nil, refuse("TargetControlPort", "leave it out")
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	matcher, err := matcherOf(in.Matcher)
	if err != nil {
		return nil, err
	}
	g, err := c.traffic.CreateTargetGroup(ctx, structs.TargetGroup{
		Name: in.Name, Protocol: in.Protocol, ProtocolVersion: in.ProtocolVersion, Port: number(in.Port), TargetType: in.TargetType,
		IPAddressType: in.IpAddressType, VPC: in.VpcId,
		Check: structs.TargetCheck{
			Enabled: in.HealthCheckEnabled == nil || *in.HealthCheckEnabled, Protocol: in.HealthCheckProtocol, Port: in.HealthCheckPort,
			Path: in.HealthCheckPath, Interval: number(in.HealthCheckIntervalSeconds), Timeout: number(in.HealthCheckTimeoutSeconds),
			Healthy: number(in.HealthyThresholdCount), Unhealthy: number(in.UnhealthyThresholdCount), Matcher: matcher,
		},
	}, tags)
	if err != nil {
		return nil, err
	}
	shown, err := c.showTargetGroups(ctx, g)
	return &CreateTargetGroupOutput{TargetGroups: shown}, err
}

// number returns a number of a request; zero if it is absent.
func number(n *int32) int32 {
	if n == nil {
		return 0
	}
	return *n
}

func matcherOf(m *Matcher) (string, error) {
	switch {
	case m == nil:
		return "", nil
	case m.HttpCode != "" && m.GrpcCode != "":
		return "", structs.Errorf(structs.KindInvalidParameter, "Matcher: give HttpCode or GrpcCode, not both")
	}
	return m.HttpCode + m.GrpcCode, nil
}

// showTargetGroups shows target groups with the load balancers that forward to them.
func (c *call) showTargetGroups(ctx context.Context, groups ...*structs.TargetGroup) ([]TargetGroup, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	of := traffic.LoadBalancersOf(snap)
	var shown []TargetGroup
	for _, g := range groups {
		balancers := []string{}
		for _, id := range of[g.ID] {
			balancers = append(balancers, c.arn(snap.LoadBalancer(id).Resource()))
		}
		shown = append(shown, c.showTargetGroup(g, balancers))
	}
	return shown, nil
}

func (c *call) showTargetGroup(g *structs.TargetGroup, balancers []string) TargetGroup {
	out := TargetGroup{
		TargetGroupArn: c.arn(g.Resource()), TargetGroupName: g.Name, Protocol: g.Protocol, ProtocolVersion: g.ProtocolVersion, Port: new(g.Port),
		TargetType: g.TargetType, IpAddressType: g.IPAddressType, VpcId: g.VPC, LoadBalancerArns: balancers,
		HealthCheckEnabled: new(g.Check.Enabled), HealthCheckProtocol: g.Check.Protocol, HealthCheckPort: g.Check.Port,
		HealthCheckPath: g.Check.Path, HealthCheckIntervalSeconds: new(g.Check.Interval), HealthCheckTimeoutSeconds: new(g.Check.Timeout),
		HealthyThresholdCount: new(g.Check.Healthy), UnhealthyThresholdCount: new(g.Check.Unhealthy),
	}
	switch {
	case g.Check.Matcher == "":
	case g.ProtocolVersion == structs.VersionGRPC:
		out.Matcher = &Matcher{GrpcCode: g.Check.Matcher}
	default:
		out.Matcher = &Matcher{HttpCode: g.Check.Matcher}
	}
	return out
}

// describeTargetGroups shows target groups by ARN, by name, or of a load balancer, or all.
func (c *call) describeTargetGroups(ctx context.Context, in *DescribeTargetGroupsInput) (*DescribeTargetGroupsOutput, error) {
	if given(len(in.TargetGroupArns) > 0, len(in.Names) > 0, in.LoadBalancerArn != "") > 1 {
		return nil, structs.Errorf(structs.KindInvalidParameter,
			"Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time")
	}
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	var rows []*structs.TargetGroup
	for _, arn := range in.TargetGroupArns {
		g, err := c.targetGroup(snap, arn)
		if err != nil {
			return nil, err
		}
		rows = append(rows, g)
	}
	for _, name := range in.Names {
		g := snap.TargetGroupNamed(name)
		if g == nil {
			return nil, structs.ErrTargetGroupNotFound()
		}
		rows = append(rows, g)
	}
	switch {
	case in.LoadBalancerArn != "":
		b, err := c.loadBalancer(snap, in.LoadBalancerArn)
		if err != nil {
			return nil, err
		}
		of := traffic.LoadBalancersOf(snap)
		for g := range snap.TargetGroups() {
			if slices.Contains(of[g.ID], b.ID) {
				rows = append(rows, g)
			}
		}
	case len(in.TargetGroupArns)+len(in.Names) == 0:
		rows = slices.Collect(snap.TargetGroups())
	}
	rows, next, err := page("DescribeTargetGroups", unique(rows, nameOf), nameOf, in.PageSize, in.Marker)
	if err != nil {
		return nil, err
	}
	out := &DescribeTargetGroupsOutput{NextMarker: next}
	out.TargetGroups, err = c.showTargetGroups(ctx, rows...)
	return out, err
}

func nameOf(g *structs.TargetGroup) string { return g.Name }

// given counts what is true.
func given(all ...bool) (n int) {
	for _, one := range all {
		if one {
			n++
		}
	}
	return n
}

// changeTargetGroup changes the target group of an ARN.
func (c *call) changeTargetGroup(ctx context.Context, arn string, change func(*structs.TargetGroup) error) (*structs.TargetGroup, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	g, err := c.targetGroup(snap, arn)
	if err != nil {
		return nil, err
	}
	return c.traffic.ChangeTargetGroup(ctx, g.ID, change)
}

// modifyTargetGroup leaves what the request does not name as it is. A path and matcher go with the
// protocol of the health check that they are for.
func (c *call) modifyTargetGroup(ctx context.Context, in *ModifyTargetGroupInput) (*ModifyTargetGroupOutput, error) {
	matcher, err := matcherOf(in.Matcher)
	if err != nil {
		return nil, err
	}
	g, err := c.changeTargetGroup(ctx, in.TargetGroupArn, func(g *structs.TargetGroup) error {
		check := &g.Check
		if in.HealthCheckEnabled != nil {
			check.Enabled = *in.HealthCheckEnabled
		}
		if in.HealthCheckProtocol != "" {
			if structs.IsHTTP(check.Protocol) && !structs.IsHTTP(in.HealthCheckProtocol) {
				check.Path, check.Matcher = "", ""
			}
			check.Protocol = in.HealthCheckProtocol
		}
		check.Port = cmp.Or(in.HealthCheckPort, check.Port)
		check.Path = cmp.Or(in.HealthCheckPath, check.Path)
		check.Matcher = cmp.Or(matcher, check.Matcher)
		set(&check.Interval, in.HealthCheckIntervalSeconds)
		set(&check.Timeout, in.HealthCheckTimeoutSeconds)
		set(&check.Healthy, in.HealthyThresholdCount)
		set(&check.Unhealthy, in.UnhealthyThresholdCount)
		return nil
	})
	if err != nil {
		return nil, err
	}
	shown, err := c.showTargetGroups(ctx, g)
	return &ModifyTargetGroupOutput{TargetGroups: shown}, err
}

// set changes a number that a request has.
func set(to, from *int32) {
	if from != nil {
		*to = *from
	}
}

// deleteTargetGroup succeeds for a target group that does not exist (elbv2).
func (c *call) deleteTargetGroup(ctx context.Context, in *DeleteTargetGroupInput) (*DeleteTargetGroupOutput, error) {
	r, err := structs.ParseTrafficARN(c.region, c.account, in.TargetGroupArn, structs.ResourceTargetGroup)
	if err != nil {
		return nil, err
	}
	return &DeleteTargetGroupOutput{}, c.traffic.DeleteTargetGroup(ctx, r.ID)
}
