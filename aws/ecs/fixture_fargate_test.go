package ecs

import (
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// addFargate adds an instance that runs awsvpc tasks; a definition, net, of the mode awsvpc and a
// size that FARGATE has; net-bridge, without either; and a service of FARGATE, vpc.
func (f *fixture) addFargate(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	on, err := f.Control.RegisterInstance(ctx, structs.ContainerInstance{
		Cluster: "default", Address: "10.0.0.6", Registered: structs.Resources{CPU: 4096, Memory: 8192}, Network: structs.InstanceNetwork{Asks: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.MustApply(t, structs.SetAgentConnected{Instances: []string{on.ID}, Connected: true, At: on.RegisteredAt})
	container := structs.ContainerDefinition{
		Name: "main", Image: "app", Memory: new(int32(16)), PortMappings: []structs.PortMapping{{ContainerPort: new(int32(80))}},
	}
	for _, d := range []structs.TaskDefinition{
		{Family: "net", NetworkMode: structs.NetworkAwsvpc, Cpu: "256", Memory: "512"},
		{Family: "net-bridge"},
	} {
		d.ContainerDefinitions = []structs.ContainerDefinition{container}
		if _, err := f.Control.RegisterTaskDefinition(ctx, d, nil); err != nil {
			t.Fatal(err)
		}
	}
	_, err = f.Control.CreateService(ctx, control.CreateServiceInput{
		Cluster: "default", Name: "vpc", LaunchType: structs.LaunchFargate,
		ServiceChange: control.ServiceChange{
			TaskDefinition: "net", Count: new(1), Network: &structs.AwsVpcConfiguration{Subnets: []string{"subnet-1"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}
