package control_test

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// Work that names neither capacity providers nor a launch type uses its cluster's default strategy
// at the time of the request.
func TestDefaultStrategy(t *testing.T) {
	n := singlenode.New(t)
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
	n := singlenode.New(t)
	_, err := n.Control.RegisterInstance(t.Context(), structs.ContainerInstance{CapacityProvider: "a b"})
	expectError(t, err, structs.KindInvalidParameter, "Invalid capacity provider name")
	made, err := n.Control.RegisterInstance(t.Context(), structs.ContainerInstance{CapacityProvider: "later"})
	noError(t, err)
	if made.CapacityProvider != "later" {
		t.Errorf("registered as %+v", made)
	}
}

// Tasks that wait for room get their capacity providers at the start, by base and weight, and keep
// them when they are placed, whichever of them were stopped in between.
func TestWaitingTasksHaveTheirProviders(t *testing.T) {
	n := singlenode.New(t)
	n.MustApply(t, structs.CreateCluster{Cluster: structs.Cluster{Name: "default"}})
	define(t, n.Control, "web")
	providers := []string{"big", "small"}
	for _, name := range providers {
		_, err := n.Control.CreateCapacityProvider(t.Context(), name, &structs.AutoScalingGroupProvider{AutoScalingGroupArn: name}, nil)
		noError(t, err)
	}
	_, err := n.Control.UpdateCluster(t.Context(), structs.UpdateCluster{Cluster: "default", Providers: &structs.ClusterProviders{Providers: providers}})
	noError(t, err)
	placed, err := n.Control.RunTask(t.Context(), job(5, func(in *control.RunTaskInput) {
		in.Job.CapacityStrategy = []structs.CapacityProviderStrategyItem{{CapacityProvider: "big", Base: 1, Weight: 1}, {CapacityProvider: "small", Weight: 3}}
	}))
	noError(t, err)
	of := map[string]string{}
	count := map[string]int{}
	for _, task := range placed.Tasks {
		of[task.ID] = task.CapacityProvider
		count[task.CapacityProvider]++
		if !task.Queued() {
			t.Errorf("task %+v does not wait", task)
		}
	}
	if count["big"] != 2 || count["small"] != 3 {
		t.Fatalf("the tasks are shared out as %v, want 2 of big and 3 of small", count)
	}
	for id, provider := range of {
		if provider == "small" {
			_, err := n.Control.StopTask(t.Context(), "default", id, "")
			noError(t, err)
			break
		}
	}
	for _, name := range []string{"small", "big"} { // the tasks of big come first
		i := n.AddInstance(t, "default", 4096, 4096)
		row := *i
		row.CapacityProvider = name
		_, err := n.Control.RegisterInstance(t.Context(), row)
		noError(t, err)
	}
	n.Settle(t)
	for task := range n.Store.Snapshot().AllTasks() {
		if task.CapacityProvider != of[task.ID] || task.LastStatus < structs.TaskRunning {
			t.Errorf("task %s of %s is %s of %s now", task.ID, of[task.ID], task.LastStatus, task.CapacityProvider)
		}
		if i := n.Store.Snapshot().Instance(task.Instance); i != nil && i.CapacityProvider != task.CapacityProvider {
			t.Errorf("task %s of %s runs on an instance of %s", task.ID, task.CapacityProvider, i.CapacityProvider)
		}
	}
}
