package control_test

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// TestSubmitTaskState checks that a task moves as a client of the ECS API reports it, forward only,
// and that its end has a code.
func TestSubmitTaskState(t *testing.T) {
	c := singlenode.New(t)
	c.AddInstance(t, structs.DefaultCluster, 4096, 8192)
	define(t, c.Control, "web")
	tasks := run(t, c.Control, job(2))
	name := c.Store.Snapshot().TaskDefinition("web:1").ContainerDefinitions[0].Name
	submit := func(n int, u structs.TaskUpdate) *structs.Task {
		t.Helper()
		u.Task = tasks[n].ID
		noError(t, c.Control.SubmitTaskState(t.Context(), structs.DefaultCluster, u))
		return c.Store.Snapshot().Task(u.Task)
	}
	up := submit(0, structs.TaskUpdate{Status: structs.TaskRunning, Containers: []structs.Container{{Name: name, LastStatus: structs.TaskRunning, RuntimeID: "r"}}})
	if up.LastStatus != structs.TaskRunning || up.StartedAt == 0 || up.Containers[0].RuntimeID != "r" {
		t.Errorf("running: %+v", up)
	}
	if back := submit(0, structs.TaskUpdate{Status: structs.TaskPending}); back.LastStatus != structs.TaskRunning {
		t.Errorf("went back: %+v", back)
	}
	if of := submit(0, structs.TaskUpdate{Containers: []structs.Container{{Name: name, LastStatus: structs.TaskStopped, ExitCode: new(int32(3))}}}); of.LastStatus != structs.TaskRunning || *of.Containers[0].ExitCode != 3 {
		t.Errorf("after its container's end: %+v", of)
	}
	if end := submit(0, structs.TaskUpdate{Status: structs.TaskStopped}); end.StopCode != structs.StopEssentialContainerExited ||
		end.StoppedReason != structs.ReasonEssentialContainerExited || end.StoppedAt == 0 || end.Containers[0].RuntimeID != "r" || end.DesiredStatus != structs.TaskStopped {
		t.Errorf("at its end: %+v", end)
	}
	if end := submit(1, structs.TaskUpdate{Status: structs.TaskStopped, StoppedReason: "no image"}); end.StopCode != structs.StopTaskFailedToStart || end.StoppedReason != "no image" {
		t.Errorf("that never started: %+v", end)
	}
	expectError(t, c.Control.SubmitTaskState(t.Context(), structs.DefaultCluster, structs.TaskUpdate{Task: "nosuch"}), structs.KindInvalidParameter, "The referenced task was not found.")
	expectError(t, c.Control.SubmitTaskState(t.Context(), "nowhere", structs.TaskUpdate{Task: tasks[0].ID}), structs.KindClusterNotFound, "Cluster not found.")
	expectError(t, c.Control.SubmitTaskState(t.Context(), structs.DefaultCluster, structs.TaskUpdate{Task: tasks[0].ID, Containers: []structs.Container{{Name: "nosuch"}}}), structs.KindInvalidParameter, "no container 'nosuch'")
}
