package elbv2

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// The three operations on attributes differ only in their shapes.

func (c *call) describeLoadBalancerAttributes(ctx context.Context, in *DescribeLoadBalancerAttributesInput) (*DescribeLoadBalancerAttributesOutput, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	b, err := c.loadBalancer(snap, in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	return &DescribeLoadBalancerAttributesOutput{Attributes: showLoadBalancerAttributes(b)}, nil
}

func showLoadBalancerAttributes(b *structs.LoadBalancer) (out []LoadBalancerAttribute) {
	for _, a := range b.AllAttributes() {
		out = append(out, LoadBalancerAttribute{Key: a.Key, Value: a.Value})
	}
	return out
}

func (c *call) modifyLoadBalancerAttributes(ctx context.Context, in *ModifyLoadBalancerAttributesInput) (*ModifyLoadBalancerAttributesOutput, error) {
	var changes []structs.TrafficAttribute
	for _, a := range in.Attributes {
		changes = append(changes, structs.TrafficAttribute{Key: a.Key, Value: a.Value})
	}
	b, err := c.changeLoadBalancer(ctx, in.LoadBalancerArn, func(b *structs.LoadBalancer) error { return b.SetAttributes(changes) })
	if err != nil {
		return nil, err
	}
	return &ModifyLoadBalancerAttributesOutput{Attributes: showLoadBalancerAttributes(b)}, nil
}

func (c *call) describeTargetGroupAttributes(ctx context.Context, in *DescribeTargetGroupAttributesInput) (*DescribeTargetGroupAttributesOutput, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	g, err := c.targetGroup(snap, in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	return &DescribeTargetGroupAttributesOutput{Attributes: showTargetGroupAttributes(g)}, nil
}

func showTargetGroupAttributes(g *structs.TargetGroup) (out []TargetGroupAttribute) {
	for _, a := range g.AllAttributes() {
		out = append(out, TargetGroupAttribute{Key: a.Key, Value: a.Value})
	}
	return out
}

func (c *call) modifyTargetGroupAttributes(ctx context.Context, in *ModifyTargetGroupAttributesInput) (*ModifyTargetGroupAttributesOutput, error) {
	var changes []structs.TrafficAttribute
	for _, a := range in.Attributes {
		changes = append(changes, structs.TrafficAttribute{Key: a.Key, Value: a.Value})
	}
	g, err := c.changeTargetGroup(ctx, in.TargetGroupArn, func(g *structs.TargetGroup) error { return g.SetAttributes(changes) })
	if err != nil {
		return nil, err
	}
	return &ModifyTargetGroupAttributesOutput{Attributes: showTargetGroupAttributes(g)}, nil
}

func (c *call) describeListenerAttributes(ctx context.Context, in *DescribeListenerAttributesInput) (*DescribeListenerAttributesOutput, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	l, _, err := c.listener(snap, in.ListenerArn)
	if err != nil {
		return nil, err
	}
	return &DescribeListenerAttributesOutput{Attributes: showListenerAttributes(l)}, nil
}

func showListenerAttributes(l *structs.Listener) (out []ListenerAttribute) {
	for _, a := range l.AllAttributes() {
		out = append(out, ListenerAttribute{Key: a.Key, Value: a.Value})
	}
	return out
}

func (c *call) modifyListenerAttributes(ctx context.Context, in *ModifyListenerAttributesInput) (*ModifyListenerAttributesOutput, error) {
	var changes []structs.TrafficAttribute
	for _, a := range in.Attributes {
		changes = append(changes, structs.TrafficAttribute{Key: a.Key, Value: a.Value})
	}
	l, err := c.changeListener(ctx, in.ListenerArn, func(l *structs.Listener) error { return l.SetAttributes(changes) })
	if err != nil {
		return nil, err
	}
	return &ModifyListenerAttributesOutput{Attributes: showListenerAttributes(l)}, nil
}
