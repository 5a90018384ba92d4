package docker_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
)

func TestStopWithSIGTERM(t *testing.T) {
	h := newHarness(t)
	state := h.run(h.servingSpec("serve"))
	h.fetch(fmt.Sprintf("http://127.0.0.1:%d/", h.onlyBinding(state, 80, "tcp")))
	begin := time.Now()
	if err := h.StopContainer(t.Context(), state.ID, 20); err != nil {
		t.Fatal(err)
	}
	ended, _, err := h.InspectContainer(t.Context(), state.ID)
	if err != nil || ended.State != runtime.ContainerExited || ended.ExitCode != 0 || ended.FinishedAt < ended.StartedAt {
		t.Errorf("after the stop: %+v, error %v", ended, err)
	}
	if took := time.Since(begin); took > 19*time.Second {
		t.Errorf("the stop waited %v for a program that ends on SIGTERM", took)
	}
	if err := h.StopContainer(t.Context(), state.ID, 20); err != nil {
		t.Errorf("a second stop: %v", err)
	}
}

func TestStopWithSIGKILL(t *testing.T) {
	h := newHarness(t)
	state := h.run(h.servingSpec("ignore-term"))
	h.fetch(fmt.Sprintf("http://127.0.0.1:%d/", h.onlyBinding(state, 80, "tcp")))
	begin := time.Now()
	if err := h.StopContainer(t.Context(), state.ID, 1); err != nil {
		t.Fatal(err)
	}
	ended, _, err := h.InspectContainer(t.Context(), state.ID)
	if err != nil || ended.State != runtime.ContainerExited || ended.ExitCode != 137 || ended.OOMKilled {
		t.Errorf("after the stop: %+v, error %v", ended, err)
	}
	if took := time.Since(begin); took < time.Second || took > 8*time.Second {
		t.Errorf("killed after %v, want 1 s (Docker's own timeout is 10 s)", took)
	}
}

func TestRemove(t *testing.T) {
	h := newHarness(t)
	id := h.run(h.spec("sleep")).ID
	for range 2 { // a running container, and one that does not exist
		if err := h.RemoveContainer(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := h.InspectContainer(t.Context(), id); ok || err != nil {
			t.Errorf("after the removal: found %v, error %v", ok, err)
		}
	}
	if err := h.StopContainer(t.Context(), id, 1); err != nil {
		t.Errorf("stop of a removed container: %v", err)
	}
}
