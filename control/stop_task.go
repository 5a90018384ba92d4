package control

import (
	"cmp"
	"context"

	"github.com/gantry-project/gantry/structs"
)

// StopTask asks a task to stop: its agent sends SIGTERM, and SIGKILL after stopTimeout. A stopped
// task is left unchanged. It returns the task as it is before it has stopped.
func (c *Control) StopTask(ctx context.Context, cluster, id, reason string) (*structs.Task, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := activeCluster(snap, cluster); err != nil {
		return nil, err
	}
	if t := snap.Task(id); t == nil || t.Cluster != cluster {
		return nil, structs.ErrTaskNotFound()
	}
	cmd := structs.StopTasks{
		Tasks: []string{id}, StopCode: structs.StopUserInitiated,
		Reason: cmp.Or(reason, structs.ReasonStoppedByUser), At: c.Now(),
	}
	if _, err := c.config.Log.Apply(ctx, cmd); err != nil {
		return nil, err
	}
	return c.config.Store.Snapshot().Task(id), nil
}
