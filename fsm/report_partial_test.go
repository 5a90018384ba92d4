package fsm

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

func partial(status structs.TaskStatus, containers ...structs.Container) structs.TaskUpdate {
	return structs.TaskUpdate{Task: "t1", Status: status, Containers: containers, Partial: true}
}

// A partial report adds what is new about a container and takes nothing back.
func TestPartialReport(t *testing.T) {
	h := running(t)
	bindings := []structs.NetworkBinding{{ContainerPort: new(int32(80)), HostPort: new(int32(32768)), Protocol: "tcp"}}
	want := structs.Container{Name: "app", LastStatus: structs.TaskPending}
	see := func(what string, u structs.TaskUpdate, status structs.TaskStatus) {
		t.Helper()
		h.do(report("i1", u))
		task := h.snap().Task("t1")
		if diff := cmp.Diff([]structs.Container{want}, task.Containers); diff != "" || task.LastStatus != status {
			t.Errorf("%s: %s, %s", what, task.LastStatus, diff)
		}
	}
	see("no container yet", partial(structs.TaskPending), structs.TaskPending)
	want.RuntimeID, want.LastStatus, want.NetworkBindings = "r", structs.TaskRunning, bindings
	see("a container runs", partial(0, structs.Container{Name: "app", LastStatus: structs.TaskRunning, RuntimeID: "r", NetworkBindings: bindings}), structs.TaskPending)
	want.ImageDigest = "sha256:00"
	see("its digest, late", partial(structs.TaskRunning, structs.Container{Name: "app", LastStatus: structs.TaskPending, ImageDigest: "sha256:00"}), structs.TaskRunning)
	see("another task's container", partial(0, structs.Container{Name: "other", LastStatus: structs.TaskStopped}), structs.TaskRunning)
	want.ExitCode = new(int32(3))
	see("its end", partial(0, structs.Container{Name: "app", ExitCode: new(int32(3))}), structs.TaskRunning)
	want.LastStatus = structs.TaskStopped
	see("the end of its task", partial(structs.TaskStopped), structs.TaskStopped)
	see("late", partial(structs.TaskRunning, structs.Container{Name: "app", Reason: "late"}), structs.TaskStopped)
	if u := h.snap().Usage("i1"); len(u.Ports) != 0 || u.CPU != 0 {
		t.Errorf("the ended task still holds %+v", u)
	}
}
