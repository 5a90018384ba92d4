package docker_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

func TestStart(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("sleep")
	id := h.create(spec)
	state, ok, err := h.InspectContainer(t.Context(), id)
	if err != nil || !ok || state.State != runtime.ContainerCreated || state.StartedAt != 0 {
		t.Fatalf("before the start: %+v, found %v, error %v", state, ok, err)
	}
	state, err = h.StartContainer(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if state.Name != spec.Name || state.State != runtime.ContainerRunning || state.StartedAt == 0 ||
		state.Labels[runtime.LabelTask] != "task-1" || state.Image != "" || state.Health != "" {
		t.Errorf("after the start: %+v", state)
	}
	again, err := h.StartContainer(t.Context(), state.ID)
	if err != nil || again.StartedAt != state.StartedAt {
		t.Errorf("second start of a running container: %+v, error %v", again, err)
	}
}

func TestStartOfMissingCommand(t *testing.T) {
	h := newHarness(t)
	spec := h.spec()
	spec.Definition.EntryPoint = []string{"/no-such-program"}
	id := h.create(spec)
	refused, err := h.StartContainer(t.Context(), id)
	docker.WantRuntimeError(t, err, "CannotStartContainerError", "/no-such-program", "no such file")

	// An agent that was not there to get the error finds it later, and does not try for ever.
	state, err := h.StartContainer(t.Context(), refused.ID)
	if err != nil || state.State != runtime.ContainerExited || state.ExitCode == 0 || !strings.Contains(state.Error, "/no-such-program") {
		t.Errorf("found afterwards: %+v, error %v", state, err)
	}
}

// A machine without the GPU, or without NVIDIA's runtime, says so.
func TestStartWithoutItsGPU(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("sleep")
	spec.GPUs = []string{"GPU-no-such"}
	_, err := h.StartContainer(t.Context(), h.create(spec))
	docker.WantRuntimeError(t, err, "CannotStartContainerError", "device")
}

func TestStartOnTakenPort(t *testing.T) {
	h := newHarness(t)
	taken, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	spec := h.spec("serve")
	spec.Definition.PortMappings = []structs.PortMapping{docker.Mapping(80, int32(port), "tcp")}
	_, err = h.StartContainer(t.Context(), h.create(spec))
	docker.WantRuntimeError(t, err, "CannotStartContainerError", fmt.Sprint(port), "in use")
}

func TestStartDoesNotRestart(t *testing.T) {
	h := newHarness(t)
	id := h.run(h.spec("exit", "3")).ID
	ended := h.waitExit(id)
	again, err := h.StartContainer(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if again.State != runtime.ContainerExited || again.ExitCode != 3 || again.StartedAt != ended.StartedAt {
		t.Errorf("got %+v, want it as it ended: %+v", again, ended)
	}
}

// An agent that is killed while the engine starts a container finds it running, or starts it. From
// 26.1 on, the engine gives the start up with its caller.
func TestStartCutOff(t *testing.T) {
	h := newHarness(t)
	for i := range 8 {
		id := h.create(h.spec("sleep"))
		killed, cancel := context.WithTimeout(t.Context(), time.Duration(20+40*i)*time.Millisecond)
		state, err := h.StartContainer(killed, id)
		cancel()
		if err == nil && state.State == runtime.ContainerRunning {
			continue
		}
		deadline := time.Now().Add(patience)
		for state, err = h.StartContainer(t.Context(), id); state.State != runtime.ContainerRunning; state, err = h.StartContainer(t.Context(), id) {
			if err != nil || time.Now().After(deadline) {
				t.Fatalf("started by the next agent as %+v, error %v", state, err)
			}
		}
	}
}
