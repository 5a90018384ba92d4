package ecs

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// testTaskSetActions moves a service from one task set to another with the SDK.
func testTaskSetActions(t *testing.T, f *fixture, client *ecs.Client) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	service, cluster := aws.String("by-sets"), aws.String("default")
	_, err := client.CreateService(ctx, &ecs.CreateServiceInput{
		ServiceName: service, DesiredCount: aws.Int32(1), DeploymentController: &types.DeploymentController{Type: types.DeploymentControllerTypeExternal},
	})
	must(err)
	create := func(scale float64) *types.TaskSet {
		out, err := client.CreateTaskSet(ctx, &ecs.CreateTaskSetInput{
			Cluster: cluster, Service: service, TaskDefinition: aws.String("sdk"), Scale: &types.Scale{Unit: types.ScaleUnitPercent, Value: scale},
		})
		must(err)
		return out.TaskSet
	}
	old, next := create(100), create(0)
	primary, err := client.UpdateServicePrimaryTaskSet(ctx, &ecs.UpdateServicePrimaryTaskSetInput{Cluster: cluster, Service: service, PrimaryTaskSet: old.Id})
	must(err)
	f.Settle(t)
	scaled, err := client.UpdateTaskSet(ctx, &ecs.UpdateTaskSetInput{
		Cluster: cluster, Service: service, TaskSet: next.TaskSetArn, Scale: &types.Scale{Unit: types.ScaleUnitPercent, Value: 50},
	})
	must(err)
	if scaled.TaskSet.ComputedDesiredCount != 1 || scaled.TaskSet.StabilityStatus != types.StabilityStatusStabilizing || *primary.TaskSet.Status != "PRIMARY" {
		t.Errorf("scaled %+v, primary %+v", scaled.TaskSet, primary.TaskSet)
	}
	f.Settle(t)
	sets, err := client.DescribeTaskSets(ctx, &ecs.DescribeTaskSetsInput{Cluster: cluster, Service: service})
	must(err)
	for _, set := range sets.TaskSets {
		if set.StabilityStatus != types.StabilityStatusSteadyState || set.RunningCount != 1 {
			t.Errorf("task set %+v, want it steady with one task", set)
		}
	}
	_, err = client.DeleteTaskSet(ctx, &ecs.DeleteTaskSetInput{Cluster: cluster, Service: service, TaskSet: old.Id, Force: aws.Bool(true)})
	must(err)
	f.Settle(t)
	sets, err = client.DescribeTaskSets(ctx, &ecs.DescribeTaskSetsInput{Cluster: cluster, Service: service, TaskSets: []string{*old.Id, *next.Id}})
	must(err)
	if len(sets.TaskSets) != 1 || *sets.TaskSets[0].Id != *next.Id || len(sets.Failures) != 1 {
		t.Errorf("after the first was deleted: %+v", sets)
	}
	_, err = client.DeleteService(ctx, &ecs.DeleteServiceInput{Service: service, Force: aws.Bool(true)})
	must(err)
	f.Settle(t)
}
