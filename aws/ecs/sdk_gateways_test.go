package ecs

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
)

// gatewayActions takes a gateway through its life, with a service that uses it.
func (w *sdkWalk) gatewayActions() {
	ctx, name, cluster := w.Context(), aws.String("front"), aws.String("default")
	made, err := w.client.CreateGateway(ctx, &ecs.CreateGatewayInput{
		Name: name, InfrastructureRoleArn: aws.String("arn:aws:iam::000000000000:role/r"), ClientToken: aws.String("t"),
		Configuration: &types.GatewayConfigurationMemberHostSharedAlb{Value: types.HostSharedAlbConfiguration{}},
	})
	w.must(err)
	w.equal("gateway", *made.GatewayArn, "arn:aws:ecs:eu-west-1:000000000000:gateway/front")
	w.equal("status of a new gateway", made.Status, types.GatewayStatusActive)
	definition := w.connectedDefinition()
	create := &ecs.CreateServiceInput{
		ServiceName: aws.String("front-web"), TaskDefinition: definition, DesiredCount: aws.Int32(1),
		GatewayConnectors:    []types.GatewayConnector{{PortName: aws.String("http"), Filters: &types.GatewayConnectorFilters{AccessTypes: []types.AccessType{"PUBLIC"}}}},
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}},
	}
	_, err = w.client.CreateService(ctx, create)
	w.refused(err, "InvalidParameterException", "AssociateGatewayWithCluster")
	_, err = w.client.AssociateGatewayWithCluster(ctx, &ecs.AssociateGatewayWithClusterInput{Cluster: cluster, Gateway: name})
	w.must(err)
	_, err = w.client.CreateService(ctx, create)
	w.must(err)
	route := w.routeOf(name)
	w.equal("URL of the service", *route.ServiceUrl, "https://front-web.default.front.gantry.localhost")
	resources, err := w.client.DescribeGatewayResources(ctx, &ecs.DescribeGatewayResourcesInput{Gateway: name})
	w.must(err)
	albs := resources.GatewayResources.Resources.(*types.GatewayInfrastructureResourcesMemberHostSharedAlb).Value
	w.equal("routes of the load balancer", albs[0].GatewayRouteArns, []string{*route.GatewayRouteArn})
	w.endGateway(name, cluster)
}

// refused expects an API error with a code whose message has a text.
func (w *sdkWalk) refused(err error, code, text string) {
	w.Helper()
	if got := errorOf(err); got.code != code || !strings.Contains(got.message, text) {
		w.Errorf("%v is not %s with %q", err, code, text)
	}
}

func (w *sdkWalk) connectedDefinition() *string {
	out, err := w.client.RegisterTaskDefinition(w.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("connected"), NetworkMode: types.NetworkModeAwsvpc, ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String("app"), Memory: aws.Int32(16),
			PortMappings: []types.PortMapping{{Name: aws.String("http"), ContainerPort: aws.Int32(8080)}},
		}},
	})
	w.must(err)
	return out.TaskDefinition.TaskDefinitionArn
}

// routeOf returns the only route of a gateway.
func (w *sdkWalk) routeOf(gateway *string) *types.GatewayRoute {
	w.Helper()
	routes, err := w.client.ListGatewayRoutes(w.Context(), &ecs.ListGatewayRoutesInput{Gateway: gateway})
	w.must(err)
	w.equal("routes", len(routes.GatewayRoutes), 1)
	out, err := w.client.DescribeGatewayRoute(w.Context(), &ecs.DescribeGatewayRouteInput{GatewayRouteArn: routes.GatewayRoutes[0].GatewayRouteArn})
	w.must(err)
	return out.GatewayRoute
}

// endGateway deletes a gateway, which first is protected, then associated, then in use.
func (w *sdkWalk) endGateway(name, cluster *string) {
	ctx := w.Context()
	remove := func() error {
		_, err := w.client.DeleteGateway(ctx, &ecs.DeleteGatewayInput{Gateway: name})
		return err
	}
	w.refused(remove(), "InvalidParameterException", "deletion protection")
	_, err := w.client.UpdateGateway(ctx, &ecs.UpdateGatewayInput{Gateway: name, DeletionProtection: aws.Bool(false)})
	w.must(err)
	w.refused(remove(), "ResourceInUseException", "Disassociate")
	left, err := w.client.DisassociateGatewayFromCluster(ctx, &ecs.DisassociateGatewayFromClusterInput{Cluster: cluster, Gateway: name})
	w.must(err)
	w.equal("association in use", left.Status, types.GatewayClusterAssociationStatusDisassociating)
	_, err = w.client.UpdateService(ctx, &ecs.UpdateServiceInput{Service: aws.String("front-web"), GatewayConnectors: []types.GatewayConnector{}})
	w.must(err)
	associations, err := w.client.ListGatewayClusterAssociations(ctx, &ecs.ListGatewayClusterAssociationsInput{Gateway: name})
	w.must(err)
	w.equal("associations without routes", len(associations.GatewayClusterAssociations), 0)
	w.must(remove())
	_, err = w.client.DescribeGateway(ctx, &ecs.DescribeGatewayInput{Gateway: name})
	w.equal("a deleted gateway is not found", errors.As(err, new(*types.GatewayNotFoundException)), true)
	all, err := w.client.ListGateways(ctx, &ecs.ListGatewaysInput{Names: []string{*name}})
	w.must(err)
	w.equal("deleted gateways", len(all.Gateways), 0)
	_, err = w.client.DeleteService(ctx, &ecs.DeleteServiceInput{Service: aws.String("front-web"), Force: aws.Bool(true)})
	w.must(err)
}

// expressActions takes an express gateway service through its life.
func (w *sdkWalk) expressActions() {
	ctx := w.Context()
	made, err := w.client.CreateExpressGatewayService(ctx, &ecs.CreateExpressGatewayServiceInput{
		ServiceName: aws.String("express"), InfrastructureRoleArn: aws.String("arn:aws:iam::000000000000:role/r"),
		PrimaryContainer: &types.ExpressGatewayContainer{Image: aws.String("app:1")},
	})
	w.must(err)
	c := made.Service.ActiveConfigurations[0]
	w.equal("cpu, memory and path", []string{*c.Cpu, *c.Memory, *c.HealthCheckPath}, []string{"256", "512", "/ping"})
	w.equal("port", *c.PrimaryContainer.ContainerPort, int32(80))
	w.equal("endpoint", *c.IngressPaths[0].Endpoint, "https://express.default.gantry.localhost")
	w.f.Settle(w)
	arn := made.Service.ServiceArn
	updated, err := w.client.UpdateExpressGatewayService(ctx, &ecs.UpdateExpressGatewayServiceInput{
		ServiceArn: arn, PrimaryContainer: &types.ExpressGatewayContainer{Image: aws.String("app:2")},
		ScalingTarget: &types.ExpressGatewayScalingTarget{MinTaskCount: aws.Int32(2)},
	})
	w.must(err)
	w.equal("the next image", *updated.Service.TargetConfiguration.PrimaryContainer.Image, "app:2")
	w.f.Settle(w)
	shown, err := w.client.DescribeExpressGatewayService(ctx, &ecs.DescribeExpressGatewayServiceInput{ServiceArn: arn})
	w.must(err)
	w.equal("configurations after the deployment", len(shown.Service.ActiveConfigurations), 1)
	w.equal("kept path", *shown.Service.ActiveConfigurations[0].HealthCheckPath, "/ping")
	_, err = w.client.DeleteExpressGatewayService(ctx, &ecs.DeleteExpressGatewayServiceInput{ServiceArn: arn})
	w.must(err)
	w.f.Settle(w)
	ended, err := w.client.DescribeExpressGatewayService(ctx, &ecs.DescribeExpressGatewayServiceInput{ServiceArn: arn})
	w.must(err)
	w.equal("the deleted service", ended.Service.Status.StatusCode, types.ExpressGatewayServiceStatusCodeInactive)
}

// apiError is what AWS's client reads in an error.
type apiError struct{ code, message string }

func errorOf(err error) apiError {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return apiError{}
	}
	return apiError{api.ErrorCode(), api.ErrorMessage()}
}
