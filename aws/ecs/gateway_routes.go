package ecs

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// gatewayRoute is the way from a gateway to a service.
type gatewayRoute struct {
	structs.GatewayRoute
	job *structs.Job
}

// key is what the route's ARN has: its gateway, and the cluster and name of its service.
func (r *gatewayRoute) key() string { return r.Gateway + "/" + r.job.Cluster + "/" + r.job.Name }

// gatewayRoutes returns the routes of a gateway (empty: of all) by their keys. Clusters without
// gateways cost nothing.
func gatewayRoutes(v view, gateway string) (found []*gatewayRoute) {
	looked := ""
	for a := range v.GatewayAssociations() { // by cluster
		if a.Cluster == looked {
			continue
		}
		looked = a.Cluster
		for job := range v.Services(a.Cluster) {
			connector := job.Service.Gateway
			if connector == nil || job.Status != structs.ServiceActive {
				continue
			}
			for _, r := range connector.Routes {
				if gateway == "" || r.Gateway == gateway {
					found = append(found, &gatewayRoute{GatewayRoute: r, job: job})
				}
			}
		}
	}
	slices.SortFunc(found, func(a, b *gatewayRoute) int { return cmp.Compare(a.key(), b.key()) })
	return found
}

func (c *call) listGatewayRoutes(ctx context.Context, in *ListGatewayRoutesRequest) (*ListGatewayRoutesResponse, error) {
	filter, err := c.gatewayFilter(in.Cluster, in.Gateway)
	if err != nil {
		return nil, err
	}
	service, err := c.serviceFilter(in.Service)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	rows := func(yield func(string, GatewayRouteSummary) bool) {
		for _, r := range gatewayRoutes(v, filter.gateway) {
			port := r.job.Service.Gateway.PortName
			wanted := filter.takes(r.job.Cluster, r.Gateway) && service(r.job) && takes(in.Status, structs.RouteActive) &&
				(in.ServiceContainerPortName == "" || in.ServiceContainerPortName == port)
			shown := GatewayRouteSummary{
				ClusterArn: c.arns.cluster(r.job.Cluster), GatewayArn: c.arns.gateway(r.Gateway), GatewayRouteArn: c.arns.gatewayRoute(r),
				ServiceArn: c.arns.service(r.job.Cluster, r.job.Name), ServiceContainerPortName: port, Status: structs.RouteActive,
			}
			if wanted && !yield(r.key(), shown) {
				return
			}
		}
	}
	found, next, err := protocol.Listing[GatewayRouteSummary]{
		Operation: "ListGatewayRoutes", Rows: rows, MaxResults: in.MaxResults, Token: in.NextToken,
	}.Page()
	return &ListGatewayRoutesResponse{GatewayRoutes: found, NextToken: next}, err
}

// serviceFilter reads a filter by service: a name, which may be one in several clusters, or an ARN.
func (c *call) serviceFilter(text string) (func(*structs.Job) bool, error) {
	if text == "" {
		return func(*structs.Job) bool { return true }, nil
	}
	parts, err := c.arns.Path("service", text, kindService, 2)
	if err != nil {
		return nil, err
	}
	return func(job *structs.Job) bool {
		return job.Name == parts[len(parts)-1] && (len(parts) == 1 || job.Cluster == parts[0])
	}, nil
}

func (c *call) describeGatewayRoute(ctx context.Context, in *DescribeGatewayRouteRequest) (*DescribeGatewayRouteResponse, error) {
	parts, err := c.arns.Path("gatewayRouteArn", in.GatewayRouteArn, kindGatewayRoute, 3)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range gatewayRoutes(v, parts[0]) {
		if r.key() != strings.Join(parts, "/") {
			continue
		}
		connector := r.job.Service.Gateway
		return &DescribeGatewayRouteResponse{GatewayRoute: &GatewayRoute{
			GatewayRouteArn: c.arns.gatewayRoute(r), Resources: c.routeResources(v, r.job), ServiceArn: c.arns.service(r.job.Cluster, r.job.Name),
			ServiceContainerPortName: connector.PortName, ServiceUrl: control.URLOf(v, r.Host), Status: structs.RouteActive,
		}}, nil
	}
	return nil, structs.Errorf(structs.KindResourceNotFound, "There is no gateway route %s. ListGatewayRoutes has those that there are.", in.GatewayRouteArn)
}

// routeResources shows the rows that lead to a service. There are no security groups.
func (c *call) routeResources(v view, job *structs.Job) *GatewayRouteResources {
	x := GatewayRouteAlbResources{LoadBalancerSecurityGroups: []GatewayRouteLoadBalancerSecurityGroup{}, TestListenerRuleArns: []string{}}
	if b, l := shared(v); l != nil {
		x.LoadBalancerArn, x.ListenerArn = c.arns.traffic(b.Resource()), c.arns.traffic(l.Resource(b))
		x.ListenerRuleArn = c.arns.traffic(l.RuleResource(b, structs.ExposedRule(job.ExposedOwner())))
	}
	return &GatewayRouteResources{HostSharedAlb: []GatewayRouteAlbResources{x}}
}

// shared returns the load balancer for exposed services and its HTTPS listener; nil if there are
// none yet.
func shared(v view) (*structs.LoadBalancer, *structs.Listener) {
	if l := v.Listener(structs.SharedListener()); l != nil {
		return v.LoadBalancer(l.LoadBalancer), l
	}
	return nil, nil
}

// The pages of a gateway's resources (ECS).
const (
	gatewayResourcesPage = 10
	maxGatewayResources  = 20
)

// describeGatewayResources shows the load balancer that leads to the gateway's services, with a
// page of its routes.
func (c *call) describeGatewayResources(ctx context.Context, in *DescribeGatewayResourcesRequest) (*DescribeGatewayResourcesResponse, error) {
	v, g, err := c.gatewayNamed(ctx, in.Gateway)
	if err != nil {
		return nil, err
	}
	rows := func(yield func(string, string) bool) {
		for _, r := range gatewayRoutes(v, g.Name) {
			if !yield(r.key(), c.arns.gatewayRoute(r)) {
				return
			}
		}
	}
	found, next, err := protocol.Listing[string]{
		Operation: "DescribeGatewayResources", Rows: rows, MaxResults: in.MaxResults, Size: gatewayResourcesPage, Most: maxGatewayResources, Token: in.NextToken,
	}.Page()
	if err != nil {
		return nil, err
	}
	out := GatewayInfrastructureResources{HostSharedAlb: []ElbGatewayResources{}}
	if b, l := shared(v); l != nil && len(found) > 0 {
		out.HostSharedAlb = append(out.HostSharedAlb, ElbGatewayResources{
			GatewayRouteArns: found, ListenerArn: c.arns.traffic(l.Resource(b)), LoadBalancerArn: c.arns.traffic(b.Resource()),
		})
	}
	return &DescribeGatewayResourcesResponse{GatewayResources: &GatewayResources{GatewayArn: c.arns.gateway(g.Name), Resources: &out}, NextToken: next}, nil
}
