package docker_test

import (
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// A restart keeps the id of the container and happens once, however often it is asked for.
func TestRestart(t *testing.T) {
	h := newHarness(t)
	spec := h.servingSpec("exit", "3", "500ms")
	spec.Definition.HealthCheck = &structs.HealthCheck{Command: []string{"CMD", "/app", "print"}, Interval: new(int32(1))}
	first := h.run(spec)
	ended := h.waitExit(first.ID)
	if ended.ExitCode != 3 || ended.FinishedAt-ended.StartedAt < 400 {
		t.Fatalf("ended: %+v", ended)
	}
	again, err := h.RestartContainer(t.Context(), first.ID, ended.StartedAt)
	if err != nil {
		t.Fatal(err)
	}
	if again.ID != first.ID || again.State != runtime.ContainerRunning || again.StartedAt <= ended.StartedAt ||
		again.Health != structs.HealthUnknown || len(again.Bindings) != 1 {
		t.Errorf("started again: %+v", again)
	}
	if same, err := h.RestartContainer(t.Context(), first.ID, ended.StartedAt); err != nil || same.StartedAt != again.StartedAt {
		t.Errorf("asked twice: %+v, error %v", same, err)
	}
	h.waitExit(first.ID)
	if same, err := h.RestartContainer(t.Context(), first.ID, ended.StartedAt); err != nil || same.State != runtime.ContainerExited {
		t.Errorf("asked again after the next end: %+v, error %v", same, err)
	}
}

// At the moment of its end a container can be restarted: the engine has not taken down its network.
func TestRestartAtTheEventOfTheEnd(t *testing.T) {
	h := newHarness(t)
	events := h.Events(t.Context())
	state := h.run(h.servingSpec("exit", "3", "300ms"))
	for e := range events {
		if e.ID == state.ID && e.Ended {
			break
		}
	}
	again, err := h.RestartContainer(t.Context(), state.ID, state.StartedAt)
	if err != nil || again.State != runtime.ContainerRunning || again.StartedAt <= state.StartedAt {
		t.Errorf("started again: %+v, error %v", again, err)
	}
}

func TestRestartOfAMissingContainer(t *testing.T) {
	h := newHarness(t)
	_, err := h.RestartContainer(t.Context(), "no-such", 1)
	docker.WantRuntimeError(t, err, "CannotStartContainerError", "no such container")
}

// A stop sends the signal that the image names.
func TestStopSendsTheSignalOfTheImage(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("signal")
	spec.Definition.Image = h.imageWith(&container.Config{StopSignal: "SIGUSR1"})
	for image, want := range map[string]int32{spec.Definition.Image: 110, h.image: 115} {
		other := h.spec("signal")
		other.Definition.Image = image
		state := h.run(other)
		time.Sleep(300 * time.Millisecond) // the program listens
		if err := h.StopContainer(t.Context(), state.ID, 10); err != nil {
			t.Fatal(err)
		}
		if ended := h.waitExit(state.ID); ended.ExitCode != want {
			t.Errorf("%s: exit code %d, want %d", image, ended.ExitCode, want)
		}
	}
}

// A health check of an image alone does not count, and lends nothing to the definition's.
func TestHealthCheckOfTheImageDoesNotCount(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("sleep")
	spec.Definition.Image = h.imageWith(&container.Config{Healthcheck: &container.HealthConfig{
		Test: []string{"CMD", "/app", "no-such-verb"}, Interval: time.Second, StartPeriod: time.Minute, Retries: 1,
	}})
	if state := h.run(spec); state.Health != "" {
		t.Errorf("without a check in the definition it is %s", state.Health)
	}
	spec.Name += "-checked"
	spec.Definition.HealthCheck = &structs.HealthCheck{Command: []string{"/app", "no-such-verb"}, Interval: new(int32(1)), Retries: new(int32(2))}
	begin := time.Now()
	h.waitFor(h.run(spec).ID, func(s runtime.ContainerState) bool { return s.Health == structs.Unhealthy })
	if took := time.Since(begin); took > 10*time.Second || took < 2*time.Second {
		t.Errorf("unhealthy after %v, want two probes, one a second", took)
	}
}

// Failures in the start period do not count until a check has succeeded.
func TestHealthStartPeriod(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("sleep")
	spec.Definition.HealthCheck = &structs.HealthCheck{Command: []string{"CMD", "/app", "no-such-verb"},
		Interval: new(int32(1)), Retries: new(int32(1)), StartPeriod: new(int32(4))}
	begin := time.Now()
	h.waitFor(h.run(spec).ID, func(s runtime.ContainerState) bool { return s.Health == structs.Unhealthy })
	if took := time.Since(begin); took < 4*time.Second || took > 15*time.Second {
		t.Errorf("unhealthy after %v, want the first failure after 4 s", took)
	}
	spec.Name += "-good"
	spec.Definition.HealthCheck.Command, spec.Definition.HealthCheck.StartPeriod = []string{"CMD", "/app", "print"}, new(int32(60))
	begin = time.Now()
	h.waitFor(h.run(spec).ID, func(s runtime.ContainerState) bool { return s.Health == structs.Healthy })
	if took := time.Since(begin); took > 4*time.Second {
		t.Errorf("healthy after %v, want the first success", took)
	}
}

// After a success in the start period failures count at once.
func TestHealthFailuresCountAfterASuccess(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("sleep")
	spec.Definition.HealthCheck = &structs.HealthCheck{Command: []string{"CMD", "/app", "once", "/tmp/checked"},
		Interval: new(int32(1)), Retries: new(int32(2)), StartPeriod: new(int32(300))}
	id := h.run(spec).ID
	h.waitFor(id, func(s runtime.ContainerState) bool { return s.Health == structs.Healthy })
	h.waitFor(id, func(s runtime.ContainerState) bool { return s.Health == structs.Unhealthy })
}

func TestInitProcess(t *testing.T) {
	h := newHarness(t)
	for init, first := range map[bool]bool{false: true, true: false} {
		spec := h.spec("pid")
		spec.Definition.LinuxParameters = &structs.LinuxParameters{InitProcessEnabled: &init}
		if ended := h.waitExit(h.run(spec).ID); (ended.ExitCode == 1) != first {
			t.Errorf("init %v: the program has process id %d", init, ended.ExitCode)
		}
	}
}

func TestInteractiveAndPseudoTerminal(t *testing.T) {
	h := newHarness(t)
	plain := h.spec("stdin")
	if ended := h.waitExit(h.run(plain).ID); ended.ExitCode != 11 {
		t.Errorf("plain: exit code %d, want the end of stdin", ended.ExitCode)
	}
	terminal := h.spec("stdin")
	terminal.Definition.PseudoTerminal = new(true)
	if ended := h.waitExit(h.run(terminal).ID); ended.ExitCode != 10 {
		t.Errorf("pseudoTerminal: exit code %d, want a terminal", ended.ExitCode)
	}
	interactive := h.spec("stdin")
	interactive.Definition.Interactive = new(true)
	state := h.run(interactive)
	time.Sleep(time.Second)
	if state, _, err := h.InspectContainer(t.Context(), state.ID); err != nil || state.State != runtime.ContainerRunning {
		t.Errorf("interactive: %+v, error %v; its stdin stays open", state, err)
	}
}

// imageWith returns the test image with other settings.
func (h *harness) imageWith(settings *container.Config) (name string) {
	h.Helper()
	api, err := client.NewClientWithOpts(client.WithHost(h.host), client.WithAPIVersionNegotiation())
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { api.Close() })
	made, err := api.ContainerCommit(h.Context(), h.create(h.spec()), container.CommitOptions{
		Reference: "gantry-test/changed:" + h.instance, Config: settings,
	})
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() {
		h.removeAll()
		api.ImageRemove(h.Context(), made.ID, image.RemoveOptions{Force: true})
	})
	return "gantry-test/changed:" + h.instance
}
