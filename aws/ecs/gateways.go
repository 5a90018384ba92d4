package ecs

import (
	"cmp"
	"context"
	"slices"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// The only port and protocol of gateways, and what they have by default (ECS).
const (
	gatewayPort     = 443
	gatewayAlbs     = 10
	schemePublic    = "internet-facing"
	desyncDefensive = "defensive"
	propagateTags   = "GATEWAY"
	dualstack       = "dualstack"
)

func (c *call) createGateway(ctx context.Context, in *CreateGatewayRequest) (*CreateGatewayResponse, error) {
	alb := &HostSharedAlbConfiguration{}
	if in.Configuration == nil || in.Configuration.HostSharedAlb == nil {
		return nil, structs.Errorf(structs.KindInvalidParameter, "configuration: exactly one variant must be set; give hostSharedAlb")
	}
	alb = in.Configuration.HostSharedAlb
	const at = "configuration.hostSharedAlb."
	if alb.Protocol != "" && alb.Protocol != "HTTPS" || alb.Port != nil && *alb.Port != gatewayPort {
		return nil, structs.Errorf(structs.KindInvalidParameter, at+"protocol and port: a gateway supports only HTTPS at port 443.")
	}
	if err := firstError(
		protocol.CheckTags("tags", in.Tags),
		refuseAlb(alb.AccessLogs, alb.HttpDesync, alb.TestTrafficRules, alb.WebACLArn),
	); err != nil {
		return nil, err
	}
	network := cmp.Or(alb.NetworkConfiguration, &GatewayElbNetworkConfiguration{})
	g := structs.Gateway{
		Name: in.Name, Role: in.InfrastructureRoleArn, PropagateTags: cmp.Or(in.PropagateTags, propagateTags),
		Protected: in.DeletionProtection == nil || *in.DeletionProtection, Scheme: cmp.Or(alb.Scheme, schemePublic),
		Desync: cmp.Or(alb.HttpDesync, desyncDefensive), MaxBalancers: gatewayAlbs, IPAddressType: cmp.Or(network.IpAddressType, dualstack),
		Subnets: network.Subnets, SecurityGroup: network.InboundSecurityGroup, ClientToken: in.ClientToken,
	}
	if alb.MaxAlbCount != nil {
		g.MaxBalancers = *alb.MaxAlbCount
	}
	made, err := c.control.CreateGateway(ctx, g, in.Tags)
	if err != nil {
		return nil, err
	}
	return &CreateGatewayResponse{GatewayArn: c.arns.gateway(made.Name), Name: made.Name, Status: structs.GatewayActive}, nil
}

// refuseAlb refuses what the shared load balancer cannot do for one gateway alone.
func refuseAlb(logs *GatewayElbAccessLogConfiguration, desync string, test *GatewayAlbTestTrafficRules, acl string) error {
	const at = "configuration.hostSharedAlb."
	return firstError(
		refuse(logs != nil, at+"accessLogs: the access log of all services is that of the load balancer "+structs.SharedBalancer),
		refuse(desync == "monitor", at+"httpDesync monitor: requests that two programs could read differently are always refused"),
		refuse(test != nil, at+"testTrafficRules"),
		refuse(acl != "", at+"webACLArn"),
	)
}

func (c *call) updateGateway(ctx context.Context, in *UpdateGatewayRequest) (*UpdateGatewayResponse, error) {
	name, err := c.gatewayName(in.Gateway)
	if err != nil {
		return nil, err
	}
	alb := &UpdateGatewayAlbConfiguration{}
	if in.Configuration != nil && in.Configuration.HostSharedAlb != nil {
		alb = in.Configuration.HostSharedAlb
	}
	if err := refuseAlb(alb.AccessLogs, alb.HttpDesync, alb.TestTrafficRules, alb.WebACLArn); err != nil {
		return nil, err
	}
	updated, err := c.control.UpdateGateway(ctx, name, func(g *structs.Gateway) {
		g.Role, g.PropagateTags, g.Desync = cmp.Or(in.InfrastructureRoleArn, g.Role), cmp.Or(in.PropagateTags, g.PropagateTags), cmp.Or(alb.HttpDesync, g.Desync)
		if in.DeletionProtection != nil {
			g.Protected = *in.DeletionProtection
		}
		if alb.MaxAlbCount != nil {
			g.MaxBalancers = *alb.MaxAlbCount
		}
		if n := alb.NetworkConfiguration; n != nil {
			g.SecurityGroup = n.InboundSecurityGroup
		}
	})
	if err != nil {
		return nil, err
	}
	return &UpdateGatewayResponse{GatewayArn: c.arns.gateway(updated.Name), Name: updated.Name, Status: structs.GatewayActive}, nil
}

func (c *call) describeGateway(ctx context.Context, in *DescribeGatewayRequest) (*DescribeGatewayResponse, error) {
	v, g, err := c.gatewayNamed(ctx, in.Gateway)
	if err != nil {
		return nil, err
	}
	alb := &DescribeGatewayAlbConfiguration{
		CurrentAlbCount: new(int32(0)), HttpDesync: g.Desync, MaxAlbCount: new(g.MaxBalancers), Port: new(int32(gatewayPort)), Protocol: "HTTPS", Scheme: g.Scheme,
		NetworkConfiguration: &GatewayElbNetworkConfiguration{InboundSecurityGroup: g.SecurityGroup, IpAddressType: g.IPAddressType, Subnets: orEmpty(g.Subnets)},
	}
	if len(gatewayRoutes(v, g.Name)) > 0 {
		*alb.CurrentAlbCount = 1
	}
	return &DescribeGatewayResponse{Gateway: &Gateway{
		AccessType: g.AccessType(), Configuration: &DescribeGatewayConfiguration{HostSharedAlb: alb}, CreatedAt: g.CreatedAt, UpdatedAt: g.UpdatedAt,
		DeletionProtection: new(g.Protected), Failures: []GatewayResourceFailure{}, GatewayArn: c.arns.gateway(g.Name), InfrastructureRoleArn: g.Role,
		Name: g.Name, PropagateTags: g.PropagateTags, Status: structs.GatewayActive, Tags: orEmpty(v.Tags(structs.GatewayKey(g.Name))),
	}}, nil
}

func (c *call) deleteGateway(ctx context.Context, in *DeleteGatewayRequest) (*DeleteGatewayResponse, error) {
	name, err := c.gatewayName(in.Gateway)
	if err != nil {
		return nil, err
	}
	g, err := c.control.DeleteGateway(ctx, name)
	if err != nil {
		return nil, err
	}
	return &DeleteGatewayResponse{GatewayArn: c.arns.gateway(g.Name), Name: g.Name, Status: "DELETED"}, nil
}

// maxGatewayNames is the most names that a list of gateways can be filtered by (ECS).
const maxGatewayNames = 10

func (c *call) listGateways(ctx context.Context, in *ListGatewaysRequest) (*ListGatewaysResponse, error) {
	if len(in.Names) > maxGatewayNames {
		return nil, tooMany("names", maxGatewayNames)
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	rows := func(yield func(string, GatewaySummary) bool) {
		for g := range v.Gateways() {
			wanted := (len(in.Names) == 0 || slices.Contains(in.Names, g.Name)) && takes(in.Status, structs.GatewayActive)
			shown := GatewaySummary{CreatedAt: g.CreatedAt, GatewayArn: c.arns.gateway(g.Name), Name: g.Name, Status: structs.GatewayActive}
			if wanted && !yield(g.Name, shown) {
				return
			}
		}
	}
	found, next, err := protocol.Listing[GatewaySummary]{Operation: "ListGateways", Rows: rows, MaxResults: in.MaxResults, Token: in.NextToken}.Page()
	return &ListGatewaysResponse{Gateways: found, NextToken: next}, err
}

// takes reports whether a filter, which may be empty, takes a value.
func takes(filter []string, value string) bool {
	return len(filter) == 0 || slices.Contains(filter, value)
}

// gatewayName reads an argument that names a gateway.
func (c *call) gatewayName(text string) (string, error) {
	return c.arns.name("gateway", text, kindGateway)
}

// gatewayNamed returns the gateway that an argument names.
func (c *call) gatewayNamed(ctx context.Context, text string) (view, *structs.Gateway, error) {
	name, err := c.gatewayName(text)
	if err != nil {
		return nil, nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, nil, err
	}
	if g := v.Gateway(name); g != nil {
		return v, g, nil
	}
	return nil, nil, structs.ErrGatewayNotFound()
}
