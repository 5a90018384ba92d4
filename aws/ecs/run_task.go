package ecs

import (
	"context"
	"errors"
	"slices"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// The limits of RunTask and StartTask (ECS).
const (
	maxRunCount       = 10
	maxStartInstances = 10
	maxClientToken    = 64  // characters
	maxStartedBy      = 128 // characters
	managedTagCluster = "aws:ecs:clusterName"
)

func (c *call) runTask(ctx context.Context, in *RunTaskRequest) (*RunTaskResponse, error) {
	if err := checkRunTask(in); err != nil {
		return nil, err
	}
	cluster, definition, err := c.jobOf(in.Cluster, in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	job := structs.Job{
		Cluster: cluster, TaskDefinition: definition, Count: 1,
		Group: in.Group, StartedBy: in.StartedBy, LaunchType: in.LaunchType, PlatformVersion: in.PlatformVersion,
		Network:   awsvpcOf(in.NetworkConfiguration),
		Overrides: in.Overrides, PlacementConstraints: in.PlacementConstraints, PlacementStrategy: in.PlacementStrategy,
		Tags:        jobTags(in.Tags, in.EnableECSManagedTags, cluster),
		ClientToken: in.ClientToken, EnableExecuteCommand: in.EnableExecuteCommand,
	}
	if job.CapacityStrategy, err = c.capacityStrategy("capacityProviderStrategy", in.CapacityProviderStrategy); err != nil {
		return nil, err
	}
	if in.Count != nil {
		job.Count = int(*in.Count)
	}
	job.RequestHash, err = protocol.RequestHash(in, func(same *RunTaskRequest) { same.ClientToken, same.Cluster = "", cluster })
	if err != nil {
		return nil, err
	}
	tasks, failures, err := c.place(ctx, control.RunTaskInput{Job: job, PropagateTags: in.PropagateTags})
	return &RunTaskResponse{Tasks: tasks, Failures: failures}, err
}

func (c *call) startTask(ctx context.Context, in *StartTaskRequest) (*StartTaskResponse, error) {
	err := firstError(
		checkPlacedTask(in.Group, in.PropagateTags, in.StartedBy, in.Tags),
		refuse(len(in.VolumeConfigurations) > 0, "volumeConfigurations"),
	)
	if err != nil {
		return nil, err
	}
	switch n := len(in.ContainerInstances); {
	case n == 0:
		return nil, structs.Errorf(structs.KindInvalidParameter, "Container Instances cannot be empty.")
	case n > maxStartInstances:
		return nil, tooMany("containerInstances", maxStartInstances)
	}
	cluster, definition, err := c.jobOf(in.Cluster, in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	job := structs.Job{
		Cluster: cluster, TaskDefinition: definition,
		Group: in.Group, StartedBy: in.StartedBy, Overrides: in.Overrides,
		Network: awsvpcOf(in.NetworkConfiguration), EnableExecuteCommand: in.EnableExecuteCommand,
		Tags: jobTags(in.Tags, in.EnableECSManagedTags, cluster),
	}
	for _, text := range in.ContainerInstances {
		id, err := c.arns.parseMember("containerInstances", text, kindInstance, cluster)
		if err != nil {
			return nil, err
		}
		job.Instances = append(job.Instances, id)
	}
	tasks, failures, err := c.place(ctx, control.RunTaskInput{Job: job, PropagateTags: in.PropagateTags})
	return &StartTaskResponse{Tasks: tasks, Failures: failures}, err
}

// jobOf resolves the two arguments that every job has. Some calls on services need no task
// definition.
func (c *call) jobOf(clusterText, definitionText string) (cluster, definition string, err error) {
	if cluster, err = c.arns.parseCluster(clusterText); err != nil || definitionText == "" {
		return cluster, "", err
	}
	definition, err = c.arns.parseDefinition("taskDefinition", definitionText)
	return cluster, definition, err
}

// place runs a job and shows the result.
func (c *call) place(ctx context.Context, in control.RunTaskInput) ([]Task, []Failure, error) {
	cluster := in.Job.Cluster
	placed, err := c.control.RunTask(ctx, in)
	if err != nil {
		return nil, nil, c.withTaskARNs(err, cluster)
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, nil, err
	}
	var tasks []Task
	for _, t := range placed.Tasks {
		tasks = append(tasks, c.task(v, t, includes{includeTags}))
	}
	var failures []Failure
	for _, f := range placed.Failures {
		if f.Reason == structs.FailNoInstance {
			return nil, nil, structs.Errorf(structs.KindInvalidParameter, "No Container Instances were found in your cluster.")
		}
		failure := Failure{Reason: f.Reason, Detail: f.Detail}
		if f.Instance != "" {
			failure.Arn = c.arns.instance(cluster, f.Instance)
		}
		failures = append(failures, failure)
	}
	return tasks, failures, nil
}

// withTaskARNs turns the task ids in a conflict into ARNs.
func (c *call) withTaskARNs(err error, cluster string) error {
	var conflict *structs.Error
	if !errors.As(err, &conflict) || conflict.Kind != structs.KindConflict {
		return err
	}
	out := *conflict
	out.ResourceIDs = slices.Clone(conflict.ResourceIDs)
	for i, id := range out.ResourceIDs {
		out.ResourceIDs[i] = c.arns.task(cluster, id)
	}
	return &out
}

// jobTags returns the tags that each task of a job gets.
func jobTags(tags []structs.Tag, managed bool, cluster string) []structs.Tag {
	if managed {
		return append(slices.Clone(tags), structs.Tag{Key: managedTagCluster, Value: cluster})
	}
	return tags
}
