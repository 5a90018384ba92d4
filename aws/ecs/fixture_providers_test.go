package ecs

import (
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// addProviders adds capacity providers: big and small belong to cluster empty, spare to none, and
// gone has been deleted.
func (f *fixture) addProviders(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	for _, name := range []string{"big", "small", "spare", "gone"} {
		group := &structs.AutoScalingGroupProvider{AutoScalingGroupArn: "group-" + name}
		if _, err := f.Control.CreateCapacityProvider(ctx, name, group, []structs.Tag{{Key: "size", Value: name}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Control.DeleteCapacityProvider(ctx, "gone"); err != nil {
		t.Fatal(err)
	}
	of := structs.ClusterProviders{Providers: []string{"big", "small"}}
	if _, err := f.Control.UpdateCluster(ctx, structs.UpdateCluster{Cluster: "empty", Providers: &of}); err != nil {
		t.Fatal(err)
	}
	f.addShared(t)
}

// addShared adds a cluster with two instances, of which one names a capacity provider; a default
// strategy of FARGATE and FARGATE_SPOT; and a service, shop, whose tasks it shares out.
func (f *fixture) addShared(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	_, err := f.Control.CreateCluster(ctx, structs.Cluster{
		Name: "shared", CapacityProviders: []string{"FARGATE", "FARGATE_SPOT", "big"},
		DefaultCapacityStrategy: []structs.CapacityProviderStrategyItem{
			{CapacityProvider: "FARGATE", Base: 1, Weight: 1}, {CapacityProvider: "FARGATE_SPOT", Weight: 2},
		},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.AddInstance(t, "shared", 4096, 8192)
	of, err := f.Control.RegisterInstance(ctx, structs.ContainerInstance{
		Cluster: "shared", CapacityProvider: "big", Registered: structs.Resources{CPU: 4096, Memory: 8192},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.ofBig = of
	f.MustApply(t, structs.SetAgentConnected{Instances: []string{of.ID}, Connected: true, At: of.RegisteredAt})
	_, err = f.Control.CreateService(ctx, control.CreateServiceInput{
		Cluster: "shared", Name: "shop", ServiceChange: control.ServiceChange{TaskDefinition: "hello:1", Count: new(4)},
	})
	if err != nil {
		t.Fatal(err)
	}
}
