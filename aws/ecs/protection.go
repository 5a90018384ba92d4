package ecs

import (
	"context"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// The most tasks that one call on task protection takes (ECS).
const (
	maxProtect           = 10
	maxDescribeProtected = 100
)

func (c *call) updateTaskProtection(ctx context.Context, in *UpdateTaskProtectionRequest) (*UpdateTaskProtectionResponse, error) {
	cluster, ids, err := c.protectable(in.Cluster, in.Tasks, maxProtect)
	if err != nil {
		return nil, err
	}
	ask := control.ProtectTasksInput{Cluster: cluster, Tasks: ids, On: in.ProtectionEnabled, Minutes: control.DefaultProtection}
	if in.ExpiresInMinutes != nil {
		ask.Minutes = int(*in.ExpiresInMinutes)
	}
	protected, failed, err := c.control.ProtectTasks(ctx, ask)
	if err != nil {
		return nil, err
	}
	return &UpdateTaskProtectionResponse{
		ProtectedTasks: c.protections(cluster, protected), Failures: c.protectionFailures(cluster, failed),
	}, nil
}

func (c *call) getTaskProtection(ctx context.Context, in *GetTaskProtectionRequest) (*GetTaskProtectionResponse, error) {
	cluster, ids, err := c.protectable(in.Cluster, in.Tasks, maxDescribeProtected)
	if err != nil {
		return nil, err
	}
	protected, failed, err := c.control.TaskProtections(ctx, cluster, ids)
	if err != nil {
		return nil, err
	}
	return &GetTaskProtectionResponse{
		ProtectedTasks: c.protections(cluster, protected), Failures: c.protectionFailures(cluster, failed),
	}, nil
}

// protectable resolves the arguments that both calls share.
func (c *call) protectable(clusterText string, tasks []string, most int) (cluster string, ids []string, err error) {
	if cluster, err = c.arns.parseCluster(clusterText); err != nil {
		return "", nil, err
	}
	switch n := len(tasks); {
	case n == 0:
		return "", nil, structs.Errorf(structs.KindInvalidParameter, "Tasks cannot be empty.")
	case n > most:
		return "", nil, tooMany("tasks", most)
	}
	for _, text := range tasks {
		id, err := c.arns.parseMember("tasks", text, kindTask, cluster)
		if err != nil {
			return "", nil, err
		}
		ids = append(ids, id)
	}
	return cluster, ids, nil
}

func (c *call) protections(cluster string, protections []control.TaskProtection) []ProtectedTask {
	var out []ProtectedTask
	for _, p := range protections {
		out = append(out, ProtectedTask{TaskArn: c.arns.task(cluster, p.Task), ProtectionEnabled: p.On, ExpirationDate: p.Until})
	}
	return out
}

func (c *call) protectionFailures(cluster string, failures []control.ProtectionFailure) []Failure {
	var out []Failure
	for _, f := range failures {
		out = append(out, Failure{Arn: c.arns.task(cluster, f.Task), Reason: f.Reason, Detail: f.Detail})
	}
	return out
}
