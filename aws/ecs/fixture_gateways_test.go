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
		{Name: "edge", Scheme: "internet-facing", PropagateTags: "GATEWAY", Desync: "defensive", MaxBalancers: 10, IPAddressType: "dualstack"},
		{Name: "inside", Scheme: "internal", PropagateTags: "NONE", Protected: true, Desync: "defensive", MaxBalancers: 10, IPAddressType: "ipv4"},
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
