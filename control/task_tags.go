package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// TaskTags returns the tags of a task and of the instance that it is on, for the instance's agent.
func (c *Control) TaskTags(ctx context.Context, instance, task string) (structs.TaskTags, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return structs.TaskTags{}, err
	}
	t := snap.Task(task)
	if t == nil || t.Instance != instance {
		return structs.TaskTags{}, structs.Errorf(structs.KindResourceNotFound, "task %s is not on container instance %s", task, instance)
	}
	return structs.TaskTags{
		Task: snap.Tags(structs.TaskKey(t.Cluster, t.ID)), Instance: snap.Tags(structs.InstanceKey(t.Cluster, t.Instance)),
	}, nil
}
