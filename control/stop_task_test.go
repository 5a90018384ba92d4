package control_test

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

func TestStopTask(t *testing.T) {
	c := singlenode.New(t)
	ctx := t.Context()
	instance := c.AddInstance(t, structs.DefaultCluster, 4096, 8192)
	_, err := c.Control.CreateCluster(ctx, structs.Cluster{Name: "other"}, nil)
	noError(t, err)
	define(t, c.Control, "web")
	tasks := run(t, c.Control, job(2))

	_, err = c.Control.StopTask(ctx, "nowhere", tasks[0].ID, "")
	expectError(t, err, structs.KindClusterNotFound, "Cluster not found.")
	_, err = c.Control.StopTask(ctx, structs.DefaultCluster, "0123", "")
	expectError(t, err, structs.KindInvalidParameter, "The referenced task was not found.")
	_, err = c.Control.StopTask(ctx, "other", tasks[0].ID, "")
	expectError(t, err, structs.KindInvalidParameter, "The referenced task was not found.")
	if c.Store.Snapshot().Task(tasks[0].ID).DesiredStatus != structs.TaskRunning {
		t.Fatal("a refused call stops the task")
	}

	stopping, err := c.Control.StopTask(ctx, structs.DefaultCluster, tasks[0].ID, "")
	noError(t, err)
	if stopping.DesiredStatus != structs.TaskStopped || stopping.LastStatus != structs.TaskProvisioning ||
		stopping.StopCode != structs.StopUserInitiated || stopping.StoppedReason != structs.ReasonStoppedByUser || stopping.StoppingAt == 0 {
		t.Errorf("the stopping task is %+v", stopping)
	}
	again, err := c.Control.StopTask(ctx, structs.DefaultCluster, tasks[0].ID, "another reason")
	noError(t, err)
	if again.StoppedReason != structs.ReasonStoppedByUser || again.Version != stopping.Version {
		t.Errorf("stopping again changed the task: %+v", again)
	}

	noError(t, c.Control.ReportTasks(ctx, instance.ID, 0, []structs.TaskUpdate{
		{Task: tasks[1].ID, Status: structs.TaskStopped, StopCode: structs.StopEssentialContainerExited},
	}))
	ended, err := c.Control.StopTask(ctx, structs.DefaultCluster, tasks[1].ID, "too late")
	noError(t, err)
	if ended.StopCode != structs.StopEssentialContainerExited || ended.StoppedReason == "too late" {
		t.Errorf("a task that had ended is %+v", ended)
	}
}
