package control_test

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// Work that names neither capacity providers nor a launch type goes by its cluster's default strategy, as that is when the work is
// asked for.
func TestDefaultStrategy(t *testing.T) {
	n := testutil.NewSingleNode(t)
	ctx := t.Context()
	set := func(strategy ...structs.CapacityProviderStrategyItem) {
		t.Helper()
		_, err := n.Control.UpdateCluster(ctx, structs.UpdateCluster{
			Cluster: "default", Providers: &structs.ClusterProviders{Providers: []string{"FARGATE", "FARGATE_SPOT"}, DefaultStrategy: strategy},
		})
		noError(t, err)
	}
	n.AddInstance(t, "default", 4096, 4096)
	define(t, n.Control, "web")
	fargate, spot := structs.CapacityProviderStrategyItem{CapacityProvider: "FARGATE", Weight: 1}, structs.CapacityProviderStrategyItem{CapacityProvider: "FARGATE_SPOT", Weight: 1}
	set(fargate)

	create := func(name string, in control.CreateServiceInput) *structs.Job {
		t.Helper()
		in.Cluster, in.Name, in.TaskDefinition = "default", name, "web"
		if !in.Daemon {
			in.Count = new(1)
		}
		job, err := n.Control.CreateService(ctx, in)
		noError(t, err)
		return job
	}
	strategies := map[string]struct {
		got  []structs.CapacityProviderStrategyItem
		want []structs.CapacityProviderStrategyItem
	}{
		"default": {create("default", control.CreateServiceInput{}).CapacityStrategy, []structs.CapacityProviderStrategyItem{fargate}},
		"own":     {create("own", control.CreateServiceInput{ServiceChange: control.ServiceChange{CapacityStrategy: []structs.CapacityProviderStrategyItem{spot}}}).CapacityStrategy, []structs.CapacityProviderStrategyItem{spot}},
		"EC2":     {create("ec2", control.CreateServiceInput{LaunchType: structs.LaunchEC2}).CapacityStrategy, nil},
		"daemon":  {create("daemon", control.CreateServiceInput{Daemon: true}).CapacityStrategy, nil},
	}
	for name, s := range strategies {
		if !slices.Equal(s.got, s.want) {
			t.Errorf("%s: strategy %v, want %v", name, s.got, s.want)
		}
	}
	if tasks := run(t, n.Control, job(1)); tasks[0].CapacityProvider != "FARGATE" {
		t.Errorf("RunTask by the default strategy: %q", tasks[0].CapacityProvider)
	}
	if tasks := run(t, n.Control, job(1, func(in *control.RunTaskInput) { in.Job.LaunchType = structs.LaunchEC2 })); tasks[0].CapacityProvider != "" {
		t.Errorf("RunTask by launch type: %q", tasks[0].CapacityProvider)
	}

	set(fargate, spot)
	if again := n.Store.Snapshot().Service("default", "default"); len(again.CapacityStrategy) != 1 {
		t.Error("a new default strategy changed a service")
	}
	instance := n.Store.Snapshot().AllInstances()
	for i := range instance {
		started, err := n.Control.RunTask(ctx, job(1, func(in *control.RunTaskInput) { in.Job.Instances = []string{i.ID} }))
		noError(t, err)
		if started.Tasks[0].CapacityProvider != "" {
			t.Error("StartTask names an instance, and no capacity provider")
		}
	}
}

func TestRegisterInstanceOfProvider(t *testing.T) {
	n := testutil.NewSingleNode(t)
	_, err := n.Control.RegisterInstance(t.Context(), structs.ContainerInstance{CapacityProvider: "a b"})
	expectError(t, err, structs.KindInvalidParameter, "Invalid capacity provider name")
	made, err := n.Control.RegisterInstance(t.Context(), structs.ContainerInstance{CapacityProvider: "later"})
	noError(t, err)
	if made.CapacityProvider != "later" {
		t.Errorf("registered as %+v", made)
	}
}
