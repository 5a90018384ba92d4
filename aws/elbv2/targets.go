package elbv2

import (
	"context"

	"github.com/gantry-project/gantry/endpoints"
	"github.com/gantry-project/gantry/structs"
)

func (c *call) registerTargets(ctx context.Context, in *RegisterTargetsInput) (*RegisterTargetsOutput, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	g, err := c.targetGroup(snap, in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	var targets []structs.Target
	for _, t := range in.Targets {
		if t.QuicServerId != "" {
			return nil, refuse("QuicServerId", "leave it out")
		}
		targets = append(targets, structs.Target{Target: t.Id, Port: number(t.Port), Zone: t.AvailabilityZone})
	}
	return &RegisterTargetsOutput{}, c.traffic.RegisterTargets(ctx, g.ID, targets)
}

func (c *call) deregisterTargets(ctx context.Context, in *DeregisterTargetsInput) (*DeregisterTargetsOutput, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	g, err := c.targetGroup(snap, in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	var targets []structs.TargetKey
	for _, t := range in.Targets {
		targets = append(targets, structs.TargetKey{Target: t.Id, Port: number(t.Port)})
	}
	return &DeregisterTargetsOutput{}, c.traffic.DeregisterTargets(ctx, g.ID, targets)
}

// describeTargetHealth shows the state of all targets of a group, or of those that the request
// names; of these also such as are not in the group.
func (c *call) describeTargetHealth(ctx context.Context, in *DescribeTargetHealthInput) (*DescribeTargetHealthOutput, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	g, err := c.targetGroup(snap, in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	rows := endpoints.Health(snap, g.ID)
	out := &DescribeTargetHealthOutput{}
	show := func(r endpoints.Row) {
		out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, showTarget(g, r))
	}
	if len(in.Targets) == 0 {
		for _, r := range rows {
			show(r)
		}
		return out, nil
	}
	for _, asked := range in.Targets {
		found := false
		for _, r := range rows {
			if r.Target == asked.Id && (asked.Port == nil || *asked.Port == r.Port) {
				show(r)
				found = true
			}
		}
		if !found {
			port := g.Port
			set(&port, asked.Port)
			show(endpoints.Row{
				Target: asked.Id, Port: port, State: structs.TargetUnused, Reason: endpoints.ReasonNotRegistered,
				Description: endpoints.Describe(endpoints.ReasonNotRegistered),
			})
		}
	}
	return out, nil
}

func showTarget(g *structs.TargetGroup, r endpoints.Row) TargetHealthDescription {
	port := g.Check.Port
	if port == structs.TrafficPort {
		port = decimal(int(r.Port))
	}
	return TargetHealthDescription{
		Target: &TargetDescription{Id: r.Target, Port: new(r.Port), AvailabilityZone: r.Zone}, HealthCheckPort: port,
		TargetHealth: &TargetHealth{State: r.State, Reason: r.Reason, Description: r.Description},
	}
}
