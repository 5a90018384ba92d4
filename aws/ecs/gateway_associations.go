package ecs

import (
	"context"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

func (c *call) associateGatewayWithCluster(ctx context.Context, in *AssociateGatewayWithClusterRequest) (*AssociateGatewayWithClusterResponse, error) {
	cluster, gateway, err := c.clusterAndGateway(in.Cluster, in.Gateway)
	if err != nil {
		return nil, err
	}
	if err := c.control.AssociateGateway(ctx, cluster, gateway); err != nil {
		return nil, err
	}
	return &AssociateGatewayWithClusterResponse{
		ClusterArn: c.arns.cluster(cluster), GatewayArn: c.arns.gateway(gateway), Status: structs.AssociationActive,
	}, nil
}

func (c *call) disassociateGatewayFromCluster(ctx context.Context, in *DisassociateGatewayFromClusterRequest) (*DisassociateGatewayFromClusterResponse, error) {
	cluster, gateway, err := c.clusterAndGateway(in.Cluster, in.Gateway)
	if err != nil {
		return nil, err
	}
	status, err := c.control.DisassociateGateway(ctx, cluster, gateway)
	if err != nil {
		return nil, err
	}
	return &DisassociateGatewayFromClusterResponse{ClusterArn: c.arns.cluster(cluster), GatewayArn: c.arns.gateway(gateway), Status: status}, nil
}

func (c *call) clusterAndGateway(cluster, gateway string) (string, string, error) {
	clusterName, err := c.arns.parseCluster(cluster)
	if err != nil {
		return "", "", err
	}
	gatewayName, err := c.gatewayName(gateway)
	return clusterName, gatewayName, err
}

// gatewayFilter holds the filters of lists about gateways. An empty name takes all.
type gatewayFilter struct{ cluster, gateway string }

func (c *call) gatewayFilter(cluster, gateway string) (f gatewayFilter, err error) {
	if cluster != "" {
		if f.cluster, err = c.arns.parseCluster(cluster); err != nil {
			return f, err
		}
	}
	if gateway != "" {
		f.gateway, err = c.gatewayName(gateway)
	}
	return f, err
}

func (f gatewayFilter) takes(cluster, gateway string) bool {
	return (f.cluster == "" || f.cluster == cluster) && (f.gateway == "" || f.gateway == gateway)
}

func (c *call) listGatewayClusterAssociations(ctx context.Context, in *ListGatewayClusterAssociationsRequest) (*ListGatewayClusterAssociationsResponse, error) {
	filter, err := c.gatewayFilter(in.Cluster, in.Gateway)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	rows := func(yield func(string, GatewayClusterAssociationSummary) bool) {
		for a := range v.GatewayAssociations() {
			shown := GatewayClusterAssociationSummary{ClusterArn: c.arns.cluster(a.Cluster), GatewayArn: c.arns.gateway(a.Gateway), Status: a.Status}
			// a blank sorts before all letters of names
			if filter.takes(a.Cluster, a.Gateway) && takes(in.Status, a.Status) && !yield(a.Cluster+" "+a.Gateway, shown) {
				return
			}
		}
	}
	found, next, err := protocol.Listing[GatewayClusterAssociationSummary]{
		Operation: "ListGatewayClusterAssociations", Rows: rows, MaxResults: in.MaxResults, Token: in.NextToken,
	}.Page()
	return &ListGatewayClusterAssociationsResponse{GatewayClusterAssociations: found, NextToken: next}, err
}
