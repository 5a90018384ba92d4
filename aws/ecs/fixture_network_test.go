package ecs

import (
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// addNetwork adds a cluster, private, with an instance that runs awsvpc tasks and three of them:
// one that its agent has not seen yet, one that runs, and one that has ended.
func (f *fixture) addNetwork(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	on, err := f.Control.RegisterInstance(ctx, structs.ContainerInstance{
		Cluster: "private", Address: "10.0.0.5", Registered: structs.Resources{CPU: 4096, Memory: 8192}, Network: structs.InstanceNetwork{Asks: true},
	})
	must(err)
	f.ofPrivate = on
	f.MustApply(t, structs.SetAgentConnected{Instances: []string{on.ID}, Connected: true, At: on.RegisteredAt})
	_, err = f.Control.RegisterTaskDefinition(ctx, structs.TaskDefinition{
		Family: "alone", NetworkMode: structs.NetworkAwsvpc, ContainerDefinitions: decoded[[]structs.ContainerDefinition](t,
			`[{"name":"web","image":"web","memory":64,"portMappings":[{"containerPort":80}]},{"name":"log","image":"log","memory":64}]`),
	}, nil)
	must(err)
	placed, err := f.Control.RunTask(ctx, control.RunTaskInput{Job: structs.Job{Cluster: "private", TaskDefinition: "alone", Count: 3, Network: &structs.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}}})
	must(err)
	f.addressed = placed.Tasks
	now := structs.Time(1_767_225_612_000)
	containers := func(status structs.TaskStatus) []structs.Container {
		return []structs.Container{{Name: "web", LastStatus: status}, {Name: "log", LastStatus: status}}
	}
	must(f.Control.ReportTasks(ctx, on.ID, 0, []structs.TaskUpdate{
		{Task: placed.Tasks[1].ID, Status: structs.TaskRunning, StartedAt: now, Containers: containers(structs.TaskRunning)},
		{Task: placed.Tasks[2].ID, Status: structs.TaskStopped, StartedAt: now, StoppedAt: now, Containers: containers(structs.TaskStopped)},
	}))
}
