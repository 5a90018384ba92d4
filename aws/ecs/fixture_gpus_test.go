package ecs

import (
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// addGPUs adds a cluster, vision, with an instance of four GPUs. The two containers of a task have
// three of them.
func (f *fixture) addGPUs(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	of, err := f.Control.RegisterInstance(ctx, structs.ContainerInstance{
		Cluster: "vision", GPUs: []string{"0", "1", "2", "3"}, Registered: structs.Resources{CPU: 4096, Memory: 8192},
	})
	must(err)
	f.ofVision = of
	f.MustApply(t, structs.SetAgentConnected{Instances: []string{of.ID}, Connected: true, At: of.RegisteredAt})
	_, err = f.Control.RegisterTaskDefinition(ctx, structs.TaskDefinition{
		Family: "train", ContainerDefinitions: decoded[[]structs.ContainerDefinition](t,
			`[{"name":"model","image":"train","memory":64,"resourceRequirements":[{"type":"GPU","value":"2"}]},
			{"name":"log","image":"log","memory":64},
			{"name":"judge","image":"judge","memory":64,"resourceRequirements":[{"type":"GPU","value":"1"}]}]`),
	}, nil)
	must(err)
	placed, err := f.Control.RunTask(ctx, control.RunTaskInput{Job: structs.Job{Cluster: "vision", TaskDefinition: "train", Count: 1}})
	must(err)
	f.training = placed.Tasks[0]
}
