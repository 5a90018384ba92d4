package docker_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/docker/docker/client"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
)

func TestInfo(t *testing.T) {
	info, err := newHarness(t).Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.Version == "" || info.Hostname == "" || info.CPUs < 1 || info.Memory < 64 || info.OSType != "linux" ||
		(info.Architecture != "x86_64" && info.Architecture != "arm64") || !slices.Contains(info.LogDrivers, "json-file") {
		t.Errorf("info %+v", info)
	}
}

func TestContainers(t *testing.T) {
	h := newHarness(t)
	want := make(map[string]string)
	want[h.create(h.spec("sleep"))] = "created 0 0"
	want[h.run(h.servingSpec("serve")).ID] = "running 0 1"
	want[h.waitExit(h.run(h.spec("exit", "7")).ID).ID] = "exited 7 0"
	states, err := h.ListContainers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(states) != len(want) {
		t.Errorf("%d containers, want %d", len(states), len(want))
	}
	for _, s := range states {
		if got := fmt.Sprint(s.State, " ", s.ExitCode, " ", len(s.Bindings)); got != want[s.ID] {
			t.Errorf("container %s: state, exit code and bindings %q, want %q", s.Name, got, want[s.ID])
		}
	}
}

func TestAnotherInstanceSeesAndTouchesNothing(t *testing.T) {
	h := newHarness(t)
	id := h.run(h.spec("sleep")).ID
	other := h.ForInstance(randomID())
	for _, e := range []*docker.Engine{other, h.ForInstance("")} {
		if states, err := e.ListContainers(t.Context()); err != nil || len(states) != 0 {
			t.Errorf("sees %+v, error %v", states, err)
		}
		if _, ok, err := e.InspectContainer(t.Context(), id); ok || err != nil {
			t.Errorf("inspects: found %v, error %v", ok, err)
		}
		if err := e.StopContainer(t.Context(), id, 0); err != nil {
			t.Error(err)
		}
		if err := e.RemoveContainer(t.Context(), id); err != nil {
			t.Error(err)
		}
		_, err := e.StartContainer(t.Context(), id)
		docker.WantRuntimeError(t, err, "CannotStartContainerError", "no such container")
	}
	if state, ok, err := h.InspectContainer(t.Context(), id); err != nil || !ok || state.State != runtime.ContainerRunning {
		t.Errorf("after that: %+v, found %v, error %v", state, ok, err)
	}
}

func TestEventsOfAnEnd(t *testing.T) {
	h := newHarness(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	// Another instance's events must not be among them.
	other := (&harness{T: t, image: h.image}).as(h.Engine)

	got := h.Events(ctx)
	if ev := <-got; ev.ID != "" {
		t.Fatalf("first event %+v, want one without an ID", ev)
	}
	other.waitExit(other.run(other.spec("exit", "0")).ID)
	serving := h.run(h.servingSpec("serve"))
	id := serving.ID
	want := runtime.Event{ID: id, Task: "task-1"}
	for _, began := range []runtime.Event{{ID: id, Task: "task-1", Created: true}, {ID: id, Task: "task-1", Started: true}} {
		if ev := <-got; ev != began {
			t.Fatalf("event %+v, want %+v", ev, began)
		}
	}
	// it now ends on SIGTERM
	h.fetch(fmt.Sprintf("http://127.0.0.1:%d/", h.onlyBinding(serving, 80, "tcp")))
	plain, err := client.NewClientWithOpts(client.WithHost(h.host), client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if err := plain.ContainerKill(ctx, id, "TERM"); err != nil {
		t.Fatal(err)
	}
	want.Ended = true
	ev := <-got
	if since := time.Since(ev.At.Std()); since < 0 || since > patience {
		t.Errorf("the container ended at %v", ev.At.Std())
	}
	if ev.At = 0; ev != want {
		t.Fatalf("event %+v, want %+v", ev, want)
	}
	// At the time of the event the container has its new state.
	if state, _, err := h.InspectContainer(ctx, id); err != nil || state.State != runtime.ContainerExited || state.ExitCode != 0 {
		t.Errorf("at the event: %+v, error %v", state, err)
	}
}
