package docker_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/gantry-project/gantry/agent/runtime"
)

// startPause starts a pause that is removed at the end.
func (h *harness) startPause(name string) runtime.Pause {
	h.Helper()
	h.Cleanup(func() { h.RemovePause(context.Background(), name) })
	p, err := h.StartPause(h.Context(), name)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { h.RemovePause(context.Background(), p.ID) }) // it may be renamed
	return p
}

// A pause holds the namespaces of its task's containers, and is not one of the containers itself.
func TestPauseHoldsNamespaces(t *testing.T) {
	h := newHarness(t)
	task := "task-" + h.instance
	spare := h.startPause(runtime.SpareName(h.instance))
	if spare.PID == 0 || spare.Task() != "" {
		t.Fatalf("the spare pause is %+v", spare)
	}
	if ok, err := h.RenamePause(t.Context(), spare.ID, runtime.PauseName(task)); !ok || err != nil {
		t.Fatalf("rename: %v, %v", ok, err)
	}
	// An agent that was killed after the rename finds the pause as its task's.
	again, err := h.StartPause(t.Context(), runtime.PauseName(task))
	if err != nil || again.ID != spare.ID || again.PID != spare.PID || again.Task() != task {
		t.Fatalf("found again: %+v, %v, want %+v", again, err, spare)
	}
	spec := h.spec("serve")
	spec.Labels[runtime.LabelTask] = task
	spec.NetworkMode, spec.PidMode, spec.IpcMode = "awsvpc", "task", "task"
	spec.Definition.Hostname, spec.Definition.DnsServers = "refused", []string{"192.0.2.1"}
	spec.Shared = runtime.Shared{NetworkOf: spare.ID, PidOf: spare.ID, IpcOf: spare.ID}
	app := h.run(spec)
	inside := h.pidOf(app.ID)
	for _, ns := range []string{"net", "pid", "ipc"} {
		want, _ := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", spare.PID, ns))
		if got, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", inside, ns)); got != want || err != nil {
			t.Errorf("the container's %s namespace is %s, the pause's %s (%v)", ns, got, want, err)
		}
	}
	list, err := h.ListContainers(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != app.ID {
		t.Errorf("the task's containers are %+v, %v", list, err)
	}
	pauses, tasks, err := h.ListPauses(t.Context())
	if err != nil || len(pauses) != 1 || pauses[0].Task() != task || !tasks[task] {
		t.Errorf("pauses %+v, tasks %v, %v", pauses, tasks, err)
	}
	if err := h.RemoveContainer(t.Context(), app.ID); err != nil {
		t.Error(err)
	}
}

// pidOf returns the process of a container, found by its control group.
func (h *harness) pidOf(id string) (pid int) {
	h.Helper()
	groups, _ := filepath.Glob("/proc/[0-9]*/cgroup")
	for _, path := range groups {
		if text, err := os.ReadFile(path); err == nil && strings.Contains(string(text), id) {
			fmt.Sscanf(path, "/proc/%d/", &pid)
			return pid
		}
	}
	h.Fatalf("container %s has no process", id)
	return 0
}

// The end of a task's pause is an event of the task. A spare pause is nobody's.
func TestPauseEnds(t *testing.T) {
	h := newHarness(t)
	task := "task-" + h.instance
	spare, pause := h.startPause(runtime.SpareName(h.instance)), h.startPause(runtime.PauseName(task))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	events := h.Events(ctx)
	<-events // connected
	for _, p := range []runtime.Pause{spare, pause} {
		if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	if e := <-events; e != (runtime.Event{ID: pause.ID, Task: task, Pause: true}) {
		t.Errorf("the first event is %+v, want the end of pause %s", e, pause.ID)
	}
	// It does not come back with another network.
	again, err := h.StartPause(ctx, pause.Name)
	if err != nil || again.ID != pause.ID || again.PID != 0 {
		t.Errorf("the dead pause is %+v, %v", again, err)
	}
}

// In a shared process namespace the pause is the first process: it must not die of signals, and
// must not keep the ended children of others as zombies.
func TestPauseAsFirstProcess(t *testing.T) {
	h := newHarness(t)
	p := h.startPause(runtime.PauseName("task-" + h.instance))
	path := fmt.Sprintf("/proc/%d/", p.PID)
	ctx, cancel := context.WithTimeout(h.Context(), patience)
	defer cancel()
	for ctx.Err() == nil { // a started container runs a program of its engine's first
		if name, err := os.ReadFile(path + "comm"); err != nil || string(name) == "gantry-pause\n" {
			break
		}
	}
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGCHLD} {
		if err := syscall.Kill(p.PID, s); err != nil {
			t.Fatal(err)
		}
	}
	// the mask of ignored signals has that of SIGCHLD, 17; the kernel then reaps children itself.
	// It also has those that the engine was started with (nohup).
	for ignored := ""; ; {
		status, err := os.ReadFile(path + "status")
		if err != nil {
			t.Fatalf("the pause died of a signal: %v", err)
		}
		_, ignored, _ = strings.Cut(string(status), "\nSigIgn:\t")
		ignored, _, _ = strings.Cut(ignored, "\n")
		mask, err := strconv.ParseUint(ignored, 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		if mask&(1<<(syscall.SIGCHLD-1)) != 0 {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("the pause ignores the signals %s", ignored)
		}
	}
}
