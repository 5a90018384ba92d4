package cgroup_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/gantry-project/gantry/agent/cgroup"
	"github.com/gantry-project/gantry/agent/runtime"
)

func number(n int64) string { return strconv.FormatInt(n, 10) }

// restart replaces the limits by those of an agent that knows nothing.
func (b *bench) restart() {
	b.limits = cgroup.Open(cgroup.Config{Engine: b.info, Logger: discard}).Limits(b.instance)
}

func (b *bench) sweep(holds func(string) bool) {
	b.Helper()
	if err := b.limits.Sweep(b.Context(), holds); err != nil {
		b.Fatal(err)
	}
}

// end ends a container and waits until its processes are gone.
func (b *bench) end(id string) {
	b.Helper()
	if err := b.engine.StopContainer(b.Context(), id, 0); err != nil {
		b.Fatal(err)
	}
}

// When the containers of a task need more together than the task's memory, the one that lost a
// process is said to have lacked memory, and no other. One that was killed has exit code 137.
func TestTaskOutOfMemory(t *testing.T) {
	b := newBench(t, 0)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	events := b.engine.Events(ctx)
	<-events
	want := map[string]runtime.ContainerState{}
	run := func(command ...string) []string {
		as := assignment("", "64", container("idle", 0, "exit", "0", "5s"), container("hungry", 0, command...))
		return b.start(as, b.prepare(as))
	}
	ids := run("alloc", "128")
	want[ids[0]], want[ids[1]] = runtime.ContainerState{}, runtime.ContainerState{ExitCode: 137, OOMKilled: true}
	ids = run("outlive", "1s", "alloc", "128") // a child is killed
	want[ids[0]], want[ids[1]] = runtime.ContainerState{}, runtime.ContainerState{OOMKilled: true}

	for ends := map[string]bool{}; len(ends) < len(want); {
		event, ok := <-events
		if !ok {
			t.Fatalf("only %d of %d containers ended within %s", len(ends), len(want), patience)
		}
		got := runtime.ContainerState{ExitCode: event.ExitCode, OOMKilled: event.OOMKilled}
		if !event.Ended {
			state, there, err := b.engine.InspectContainer(ctx, event.ID)
			if err != nil || !there || state.State != runtime.ContainerExited {
				continue
			}
			got = runtime.ContainerState{ExitCode: state.ExitCode, OOMKilled: state.OOMKilled}
		}
		if w, ours := want[event.ID]; ours && !ends[event.ID] {
			ends[event.ID] = true
			if got.ExitCode != w.ExitCode || got.OOMKilled != w.OOMKilled {
				t.Errorf("container %s ended with %d, out of memory %v; want %d, %v",
					event.ID, got.ExitCode, got.OOMKilled, w.ExitCode, w.OOMKilled)
			}
		}
	}
}
