package control_test

import (
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// The agent of a task is told if a log group is missing. A secured installation makes only those
// that containers ask for; an open one makes all, so that definitions run as they are.
func TestEnsureLogGroups(t *testing.T) {
	c := singlenode.New(t)
	instance := c.AddInstance(t, structs.DefaultCluster, 4096, 8192).ID
	start := func(family, group string, create bool) structs.Assignment {
		t.Helper()
		options := map[string]string{"awslogs-group": group, "awslogs-region": "us-east-1"}
		if create {
			options["awslogs-create-group"] = "true"
		}
		_, err := c.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
			Family: family, ContainerDefinitions: []structs.ContainerDefinition{container("app", func(d *structs.ContainerDefinition) {
				d.LogConfiguration = &structs.LogConfiguration{LogDriver: "awslogs", Options: options}
			})},
		}, nil)
		noError(t, err)
		task := run(t, c.Control, control.RunTaskInput{Job: structs.Job{Cluster: structs.DefaultCluster, TaskDefinition: family, Count: 1}})[0]
		stream := openStream(t, c.Control, instance)
		defer stream.Close()
		frame, err := stream.Next(t.Context())
		noError(t, err)
		for _, a := range frame.Assignments {
			if a.Task.ID == task.ID {
				return a
			}
		}
		t.Fatal("the task is not assigned")
		return structs.Assignment{}
	}
	agent := control.WithCaller(t.Context(), &control.Caller{ARN: "agent/" + instance, Instance: instance, Policy: &structs.Policy{}})
	asks, not := start("asks", "/asks", true), start("not", "/not", false)
	if !asks.MissingLogGroup || !not.MissingLogGroup {
		t.Error("agents are not told that a log group is missing")
	}
	noError(t, c.Control.EnsureLogGroups(agent, instance, asks.Task.ID))
	noError(t, c.Control.EnsureLogGroups(agent, instance, asks.Task.ID))
	if c.Store.Snapshot().LogGroup("/asks") == nil || start("again", "/asks", true).MissingLogGroup {
		t.Error("the log group was not made")
	}
	expectError(t, c.Control.EnsureLogGroups(agent, instance, not.Task.ID), structs.KindResourceNotFound,
		"failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: "+
			"ResourceNotFoundException: The specified log group does not exist. (log group /not; create it with: aws logs create-log-group")
	expectError(t, c.Control.EnsureLogGroups(agent, "other", not.Task.ID), structs.KindInvalidParameter, "is not on container instance other")
	noError(t, c.Control.EnsureLogGroups(t.Context(), instance, not.Task.ID))
	if c.Store.Snapshot().LogGroup("/not") == nil {
		t.Error("an open installation did not make the log group")
	}
}
