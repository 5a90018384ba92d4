package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// taskSetActions moves a service from one task set to another with the SDK.
func (w *sdkWalk) taskSetActions() {
	service, cluster := aws.String("by-sets"), aws.String("default")
	_, err := w.client.CreateService(w.Context(), &ecs.CreateServiceInput{
		ServiceName: service, DesiredCount: aws.Int32(1), DeploymentController: &types.DeploymentController{Type: types.DeploymentControllerTypeExternal},
	})
	w.must(err)
	create := func(scale float64) *types.TaskSet {
		out, err := w.client.CreateTaskSet(w.Context(), &ecs.CreateTaskSetInput{
			Cluster: cluster, Service: service, TaskDefinition: aws.String("sdk"), Scale: &types.Scale{Unit: types.ScaleUnitPercent, Value: scale},
		})
		w.must(err)
		return out.TaskSet
	}
	old, next := create(100), create(0)
	primary, err := w.client.UpdateServicePrimaryTaskSet(w.Context(), &ecs.UpdateServicePrimaryTaskSetInput{Cluster: cluster, Service: service, PrimaryTaskSet: old.Id})
	w.must(err)
	w.f.Settle(w)
	scaled, err := w.client.UpdateTaskSet(w.Context(), &ecs.UpdateTaskSetInput{
		Cluster: cluster, Service: service, TaskSet: next.TaskSetArn, Scale: &types.Scale{Unit: types.ScaleUnitPercent, Value: 50},
	})
	w.must(err)
	if scaled.TaskSet.ComputedDesiredCount != 1 || scaled.TaskSet.StabilityStatus != types.StabilityStatusStabilizing || *primary.TaskSet.Status != "PRIMARY" {
		w.Errorf("scaled %+v, primary %+v", scaled.TaskSet, primary.TaskSet)
	}
	w.f.Settle(w)
	sets, err := w.client.DescribeTaskSets(w.Context(), &ecs.DescribeTaskSetsInput{Cluster: cluster, Service: service})
	w.must(err)
	for _, set := range sets.TaskSets {
		if set.StabilityStatus != types.StabilityStatusSteadyState || set.RunningCount != 1 {
			w.Errorf("task set %+v, want it steady with one task", set)
		}
	}
	_, err = w.client.DeleteTaskSet(w.Context(), &ecs.DeleteTaskSetInput{Cluster: cluster, Service: service, TaskSet: old.Id, Force: aws.Bool(true)})
	w.must(err)
	w.f.Settle(w)
	sets, err = w.client.DescribeTaskSets(w.Context(), &ecs.DescribeTaskSetsInput{Cluster: cluster, Service: service, TaskSets: []string{*old.Id, *next.Id}})
	w.must(err)
	if len(sets.TaskSets) != 1 || *sets.TaskSets[0].Id != *next.Id || len(sets.Failures) != 1 {
		w.Errorf("after the first was deleted: %+v", sets)
	}
	_, err = w.client.DeleteService(w.Context(), &ecs.DeleteServiceInput{Service: service, Force: aws.Bool(true)})
	w.must(err)
	w.f.Settle(w)
}
