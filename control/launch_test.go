package control_test

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// withNetwork adds an instance that runs awsvpc tasks, and a definition of that mode, vpc.
func withNetwork(t *testing.T, n *singlenode.Node, cpu, memory string) {
	t.Helper()
	on, err := n.Control.RegisterInstance(t.Context(), structs.ContainerInstance{
		Cluster: "default", Address: "10.0.0.1", Registered: structs.Resources{CPU: 8192, Memory: 8192}, Network: structs.InstanceNetwork{Asks: true},
	})
	noError(t, err)
	n.MustApply(t, structs.SetAgentConnected{Instances: []string{on.ID}, Connected: true, At: on.RegisteredAt})
	_, err = n.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
		Family: "vpc", NetworkMode: structs.NetworkAwsvpc, Cpu: cpu, Memory: memory,
		ContainerDefinitions: []structs.ContainerDefinition{container("app")},
	}, nil)
	noError(t, err)
}

func onFargate(count int) control.RunTaskInput {
	return job(count, func(in *control.RunTaskInput) {
		in.Job.TaskDefinition, in.Job.LaunchType = "vpc", structs.LaunchFargate
		in.Job.Network = &structs.AwsVpcConfiguration{Subnets: []string{"s"}}
	})
}

// Tasks of the launch type FARGATE wait for room and run on the instances of the capacity provider
// of that name, which the cluster need not have.
func TestFargateIsTheProvider(t *testing.T) {
	n := singlenode.New(t)
	withNetwork(t, n, "4096", "8192")
	placed, err := n.Control.RunTask(t.Context(), onFargate(3)) // one fits
	noError(t, err)
	waiting := slices.DeleteFunc(slices.Clone(placed.Tasks), func(t *structs.Task) bool { return t.Instance != "" })
	if len(placed.Tasks) != 3 || len(placed.Failures) != 0 || len(waiting) != 2 || waiting[0].CapacityProvider != structs.ProviderFargate {
		t.Errorf("tasks %v, failures %v; want one placed and two waiting", placed.Tasks, placed.Failures)
	}
}

// FARGATE has the sizes of ECS's table, or any if the server says so.
func TestFargateSizes(t *testing.T) {
	for _, any := range []bool{false, true} {
		n := singlenode.New(t, func(c *control.Config) { c.Fargate.Any = any })
		withNetwork(t, n, "300", "700")
		if got := slices.Contains(n.Store.Snapshot().TaskDefinition("vpc:1").Compatibilities, structs.LaunchFargate); got != any {
			t.Errorf("any %v: compatible %v", any, got)
		}
		if _, err := n.Control.RunTask(t.Context(), onFargate(1)); any {
			noError(t, err)
		} else {
			expectError(t, err, structs.KindInvalidParameter, "Task definition does not support launch_type FARGATE.")
		}
	}
}

// A job file needs no subnets. Another network, launch type or platform version is a deployment.
func TestNetworkOfAJobFile(t *testing.T) {
	n := singlenode.New(t)
	withNetwork(t, n, "256", "512")
	put := func(change func(*structs.JobSpec)) *structs.JobPut {
		t.Helper()
		s := structs.NewJobSpec(structs.JobService)
		s.Name, s.NetworkMode, s.Cpu, s.Memory, s.Containers = "site", structs.NetworkAwsvpc, "256", "512", []structs.ContainerDefinition{container("app")}
		change(s)
		out, err := n.Control.PutJob(t.Context(), s, "")
		noError(t, err)
		return out
	}
	first := put(func(*structs.JobSpec) {})
	service := n.Store.Snapshot().Service("default", "site")
	if service.Network != nil || service.LaunchType != structs.LaunchEC2 || structs.TaskSubnet(service, "t") != structs.DefaultSubnet {
		t.Errorf("the service is %+v", service)
	}
	for name, change := range map[string]func(*structs.JobSpec){
		"a network":     func(s *structs.JobSpec) { s.Network = &structs.AwsVpcConfiguration{Subnets: []string{"a"}} },
		"a launch type": func(s *structs.JobSpec) { s.LaunchType = structs.LaunchFargate },
		"a platform":    func(s *structs.JobSpec) { s.LaunchType, s.PlatformVersion = structs.LaunchFargate, "1.3.0" },
	} {
		next := put(change)
		if next.Deployment == "" || next.Deployment == first.Deployment || len(next.Changes) == 0 {
			t.Errorf("%s: %+v, want a deployment", name, next)
		}
		if again := put(change); again.Result != structs.JobUnchanged {
			t.Errorf("%s again: %+v", name, again)
		}
	}
	// A service without a network configuration can still be changed over the ECS API.
	put(func(*structs.JobSpec) {})
	_, err := n.Control.UpdateService(t.Context(), control.UpdateServiceInput{Cluster: "default", Name: "site", ServiceChange: control.ServiceChange{Count: new(2)}})
	noError(t, err)
}

// Each task set has its own capacity; what it leaves out comes from its service.
func TestCapacityOfTaskSets(t *testing.T) {
	n := singlenode.New(t)
	withNetwork(t, n, "256", "512")
	_, err := n.Control.CreateService(t.Context(), control.CreateServiceInput{
		Cluster: "default", Name: "sets", External: true, ServiceChange: control.ServiceChange{
			Count: new(2), Network: &structs.AwsVpcConfiguration{Subnets: []string{"of-service"}},
		},
	})
	noError(t, err)
	set := func(change func(*control.CreateTaskSetInput)) *structs.Deployment {
		t.Helper()
		in := control.CreateTaskSetInput{Cluster: "default", Service: "sets", TaskDefinition: "vpc", Scale: 100}
		change(&in)
		set, err := n.Control.CreateTaskSet(t.Context(), in)
		noError(t, err)
		return set
	}
	fargate := set(func(in *control.CreateTaskSetInput) { in.LaunchType = structs.LaunchFargate })
	plain := set(func(in *control.CreateTaskSetInput) {
		in.Network = &structs.AwsVpcConfiguration{Subnets: []string{"own"}}
	})
	snap, providers := n.Store.Snapshot(), map[string][]string{}
	for task := range snap.JobTasks(fargate.Job) {
		providers[task.StartedBy] = append(providers[task.StartedBy], task.CapacityProvider)
		if want := map[string]string{fargate.ID: "of-service", plain.ID: "own"}[task.StartedBy]; structs.TaskSubnet(snap.JobOf(task), task.ID) != want {
			t.Errorf("task of %s is in %s, want %s", task.StartedBy, structs.TaskSubnet(snap.JobOf(task), task.ID), want)
		}
	}
	if !slices.Equal(providers[fargate.ID], []string{"FARGATE", "FARGATE"}) || !slices.Equal(providers[plain.ID], []string{"", ""}) {
		t.Errorf("capacity providers by set: %v", providers)
	}
}
