package ecs

import (
	"context"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

func (c *call) stopTask(ctx context.Context, in *StopTaskRequest) (*StopTaskResponse, error) {
	cluster, err := c.arns.parseCluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	id, err := c.arns.parseMember("task", in.Task, kindTask, cluster)
	if err != nil {
		return nil, err
	}
	stopped, err := c.control.StopTask(ctx, cluster, id, in.Reason)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := c.task(v, stopped, nil)
	return &StopTaskResponse{Task: &out}, nil
}

func (c *call) describeTasks(ctx context.Context, in *DescribeTasksRequest) (*DescribeTasksResponse, error) {
	v, cluster, err := c.readCluster(ctx, in.Cluster)
	if err != nil {
		return nil, err
	}
	switch n := len(in.Tasks); {
	case n == 0:
		return nil, structs.Errorf(structs.KindInvalidParameter, "Tasks cannot be empty.")
	case n > maxDescribe:
		return nil, tooMany("taskIds", maxDescribe) // ECS's name for it
	}
	out := &DescribeTasksResponse{}
	for _, text := range in.Tasks {
		id, err := c.arns.parseMember("tasks", text, kindTask, cluster)
		if err != nil {
			return nil, err
		}
		if t := v.Task(id); t != nil && t.Cluster == cluster {
			out.Tasks = append(out.Tasks, c.task(v, t, in.Include))
		} else {
			out.Failures = append(out.Failures, missing(c.arns.asked(text, structs.TaskKey(cluster, id))))
		}
	}
	return out, nil
}

func (c *call) listTasks(ctx context.Context, in *ListTasksRequest) (*ListTasksResponse, error) {
	v, cluster, err := c.readCluster(ctx, in.Cluster)
	if err != nil {
		return nil, err
	}
	wanted, err := c.taskFilter(v, in, cluster)
	if err != nil {
		return nil, err
	}
	all := v.Tasks(cluster)
	if in.ServiceName != "" {
		service, err := c.serviceNamed(v, "serviceName", in.ServiceName, cluster)
		if err != nil {
			return nil, err
		}
		all = v.JobTasks(service.ID)
	}
	rows := func(yield func(string, string) bool) {
		for t := range all {
			// Tasks are ordered by job, then by id.
			if wanted(t) && !yield(t.Job+t.ID, c.arns.task(cluster, t.ID)) {
				return
			}
		}
	}
	found, next, err := protocol.Listing[string]{Operation: "ListTasks", Rows: rows, MaxResults: in.MaxResults, Token: in.NextToken}.Page()
	return &ListTasksResponse{TaskArns: found, NextToken: next}, err
}

// taskFilter returns a filter for the tasks of the cluster that are asked for: those that pass
// every filter given.
func (c *call) taskFilter(v view, in *ListTasksRequest, cluster string) (func(*structs.Task) bool, error) {
	if in.DaemonName != "" {
		return nil, unsupported("daemonName")
	}
	instance := ""
	if in.ContainerInstance != "" {
		var err error
		if instance, err = c.arns.parseMember("containerInstance", in.ContainerInstance, kindInstance, cluster); err != nil {
			return nil, err
		}
	}
	// ECS never sets the desired status PENDING, so no task has it.
	pending := in.DesiredStatus == structs.TaskPending.String()
	desired := structs.TaskRunning
	if in.DesiredStatus == structs.TaskStopped.String() {
		desired = structs.TaskStopped
	}
	return func(t *structs.Task) bool {
		if pending || t.DesiredStatus != desired {
			return false
		}
		if in.StartedBy != "" && t.StartedBy != in.StartedBy || instance != "" && t.Instance != instance {
			return false
		}
		if in.Family != "" && familyOf(t) != in.Family {
			return false
		}
		return in.LaunchType == "" || in.LaunchType == launchTypeOf(v.JobOf(t), t)
	}, nil
}

func familyOf(t *structs.Task) string {
	family, _, _ := structs.SplitDefinitionKey(t.TaskDefinition)
	return family
}
