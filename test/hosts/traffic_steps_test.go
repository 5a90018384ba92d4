package hosts

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/structs"
)

func (w *traffic) deploy(t *testing.T) {
	w.revision(t, "two")
	w.update(t, func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String("web") })
}

func (w *traffic) update(t *testing.T, change func(*ecs.UpdateServiceInput)) {
	t.Helper()
	in := &ecs.UpdateServiceInput{Service: aws.String("web")}
	change(in)
	w.ecs(t, func(ctx context.Context, c *ecs.Client) error {
		_, err := c.UpdateService(ctx, in)
		return err
	})
	w.settled(t)
}

func (w *traffic) scale(t *testing.T) {
	for _, n := range []int32{1, trafficTasks} {
		w.update(t, func(in *ecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(n) })
	}
}

// stopTasks stops two tasks of the service, one after the other.
func (w *traffic) stopTasks(t *testing.T) {
	for range 2 {
		running, err := w.Running(w.ctx, "web")
		if err != nil || len(running) == 0 {
			t.Fatalf("%d tasks run: %v", len(running), err)
		}
		for id := range running {
			w.ecs(t, func(ctx context.Context, c *ecs.Client) error {
				_, err := c.StopTask(ctx, &ecs.StopTaskInput{Task: aws.String(id)})
				return err
			})
			w.await(t, "the task has ended", func() error {
				for _, task := range w.tasks(t) {
					if task.ID == id && task.LastStatus != structs.TaskStopped {
						return fmt.Errorf("it is %s", task.LastStatus)
					}
				}
				return nil
			})
			break
		}
		w.settled(t)
	}
}

// drain drains the instance with the most tasks, waits until it has none, and has it back.
func (w *traffic) drain(t *testing.T) {
	of := map[string]int{}
	for _, task := range w.tasks(t) {
		if task.LastStatus == structs.TaskRunning {
			of[task.Instance]++
		}
	}
	for instance := range of {
		w.state(t, instance, ecstypes.ContainerInstanceStatusDraining)
		w.await(t, "the drained instance has no tasks", func() error {
			for _, task := range w.tasks(t) {
				if task.Instance == instance && task.LastStatus != structs.TaskStopped {
					return fmt.Errorf("task %s is %s", task.ID, task.LastStatus)
				}
			}
			return nil
		})
		w.settled(t)
		w.state(t, instance, ecstypes.ContainerInstanceStatusActive)
		return
	}
}

func (w *traffic) state(t *testing.T, instance string, status ecstypes.ContainerInstanceStatus) {
	t.Helper()
	w.ecs(t, func(ctx context.Context, c *ecs.Client) error {
		_, err := c.UpdateContainerInstancesState(ctx, &ecs.UpdateContainerInstancesStateInput{ContainerInstances: []string{instance}, Status: status})
		return err
	})
}

// loseLeader kills the leader, has a deployment happen without it, and starts it again.
func (w *traffic) loseLeader(t *testing.T) {
	leader, _, err := w.Leader(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	leader.Kill()
	w.update(t, func(in *ecs.UpdateServiceInput) { in.ForceNewDeployment = true })
	if err := leader.Start(); err != nil {
		t.Fatal(err)
	}
	w.await(t, "the cluster is whole", func() error { return w.Whole(w.ctx) })
}

// restartAgent stops the first agent as an upgrade does, and starts it again.
func (w *traffic) restartAgent(t *testing.T) {
	a := w.Agents[0]
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	w.await(t, "the cluster is whole", func() error { return w.Whole(w.ctx) })
	w.settled(t)
}
