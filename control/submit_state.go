package control

import (
	"cmp"
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// SubmitTaskState records a report from a client of the ECS API on one task. It has only changes,
// while agents report everything (ReportTasks). StopCode and the times of starting and stopping are
// optional.
func (c *Control) SubmitTaskState(ctx context.Context, cluster string, u structs.TaskUpdate) error {
	snap, err := c.Read(ctx)
	if err != nil {
		return err
	}
	if _, err := activeCluster(snap, cluster); err != nil {
		return err
	}
	t := snap.Task(u.Task)
	switch {
	case t == nil || t.Cluster != cluster:
		return structs.ErrTaskNotFound()
	case t.Queued():
		return structs.Errorf(structs.KindInvalidParameter, "Task %s waits for room; no container instance has it yet that could report on it.", t.ID)
	}
	if d := snap.TaskDefinition(t.TaskDefinition); d != nil {
		for _, of := range u.Containers {
			if !slices.ContainsFunc(d.ContainerDefinitions, func(c structs.ContainerDefinition) bool { return c.Name == of.Name }) {
				return structs.Errorf(structs.KindInvalidParameter, "containerName: task %s has no container '%s'", t.ID, of.Name)
			}
		}
	}
	u.Partial = true
	now := c.Now()
	switch {
	case u.Status == structs.TaskRunning:
		u.StartedAt = now
	case u.Status == structs.TaskStopped && t.StartedAt == 0:
		u.StopCode = structs.StopTaskFailedToStart
	case u.Status == structs.TaskStopped:
		u.StopCode, u.StoppedReason = structs.StopEssentialContainerExited, cmp.Or(u.StoppedReason, structs.ReasonEssentialContainerExited)
		u.ExecutionStoppedAt = cmp.Or(u.ExecutionStoppedAt, now)
	}
	return c.ReportTasks(ctx, t.Instance, 0, []structs.TaskUpdate{u})
}
