package ecs

import (
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// addGateways adds a gateway edge of the cluster default, a private one that no cluster has, a
// definition net with a named port, and an express gateway service shop.
func (f *fixture) addGateways(t *testing.T) {
	t.Helper()
	for _, g := range []structs.Gateway{
		{Name: "edge", Scheme: "internet-facing", PropagateTags: "GATEWAY", Desync: "defensive", MaxBalancers: 10, IPAddressType: "dualstack", CreatedAt: 1_767_225_600_000, UpdatedAt: 1_767_225_601_000},
		{Name: "inside", Scheme: "internal", PropagateTags: "NONE", Protected: true, Desync: "defensive", MaxBalancers: 10, IPAddressType: "ipv4", CreatedAt: 1_767_225_600_000, UpdatedAt: 1_767_225_601_000},
	} {
		f.MustApply(t, structs.PutGateway{Gateway: g, New: true, Tags: []structs.Tag{{Key: "team", Value: "web"}}})
	}
	f.MustApply(t, structs.AssociateGateway{Gateway: "edge", Cluster: "default"})
	_, err := f.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
		Family: "net", NetworkMode: structs.NetworkAwsvpc,
		ContainerDefinitions: []structs.ContainerDefinition{{
			Name: "app", Image: "app", Memory: new(int32(16)), PortMappings: []structs.PortMapping{{Name: "web", ContainerPort: new(int32(8080))}},
		}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Control.CreateExpress(t.Context(), "default", "shop", "arn:aws:iam::000000000000:role/r", control.ExpressChange{
		Container: mainContainer(&ExpressGatewayContainer{Image: "shop:1"}),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

// addConnected adds a service site that uses the gateway.
func (f *fixture) addConnected(t *testing.T) {
	t.Helper()
	connector := &structs.GatewayConnector{PortName: "web"}
	_, err := f.Control.CreateService(t.Context(), control.CreateServiceInput{Cluster: "default", Name: "site", ServiceChange: control.ServiceChange{
		TaskDefinition: "net", Count: new(1), Network: &structs.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}, GatewayConnector: &connector,
	}})
	if err != nil {
		t.Fatal(err)
	}
}
