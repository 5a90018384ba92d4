package docker_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

var _ runtime.Runtime = (*docker.Engine)(nil)

// The tests below run on a real engine, and skip where none answers.

const patience = 30 * time.Second

// harness is a container instance of its own on the real engine.
type harness struct {
	*testing.T
	*docker.Engine
	instance string
	host     string
	image    string
	next     atomic.Int32
}

func newHarness(t *testing.T) *harness {
	host := testutil.DockerHost(t)
	image := testutil.BuildAppImage(t, host)
	engine, err := docker.New(docker.Config{Host: host})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Info(t.Context()); err != nil {
		t.Fatal(err)
	}
	return (&harness{T: t, host: host, image: image}).as(engine)
}

// as makes the harness a new instance on the engine. Its containers are removed at the end.
func (h *harness) as(engine *docker.Engine) *harness {
	h.instance = randomID()
	h.Engine = engine.ForInstance(h.instance)
	h.Cleanup(h.removeAll)
	return h
}

func randomID() string {
	id := make([]byte, 16)
	rand.Read(id)
	return hex.EncodeToString(id)
}

func (h *harness) removeAll() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	states, err := h.ListContainers(ctx)
	if err != nil {
		h.Error(err)
	}
	for _, s := range states {
		if err := h.RemoveContainer(ctx, s.ID); err != nil {
			h.Error(err)
		}
	}
	volumes, err := h.ListVolumes(ctx)
	if err != nil {
		h.Error(err)
	}
	for _, v := range volumes {
		if _, err := h.RemoveVolume(ctx, v.Name); err != nil {
			h.Error(err)
		}
	}
	h.Close()
}

// spec returns a container of this instance that runs the test image with these arguments.
func (h *harness) spec(args ...string) runtime.ContainerSpec {
	return runtime.ContainerSpec{
		Name: fmt.Sprintf("gantry-test-%s-%d", h.instance, h.next.Add(1)),
		Labels: map[string]string{
			runtime.LabelInstance: h.instance, runtime.LabelCluster: "test", runtime.LabelTask: "task-1",
			runtime.LabelContainer: "app", runtime.LabelDefinition: "app:1",
		},
		Definition: structs.ContainerDefinition{Image: h.image, Command: args},
	}
}

func (h *harness) servingSpec(args ...string) runtime.ContainerSpec {
	spec := h.spec(args...)
	spec.Definition.PortMappings = []structs.PortMapping{docker.Mapping(80, 0, "tcp")}
	return spec
}

func (h *harness) create(spec runtime.ContainerSpec) (id string) {
	h.Helper()
	id, err := h.CreateContainer(h.Context(), spec)
	if err != nil {
		h.Fatal(err)
	}
	return id
}

func (h *harness) run(spec runtime.ContainerSpec) runtime.ContainerState {
	h.Helper()
	state, err := h.StartContainer(h.Context(), h.create(spec))
	if err != nil {
		h.Fatal(err)
	}
	return state
}

// waitFor follows the engine's events until the container's state is as wanted.
func (h *harness) waitFor(id string, ok func(runtime.ContainerState) bool) runtime.ContainerState {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), patience)
	defer cancel()
	var last runtime.ContainerState
	for range h.Events(ctx) {
		state, found, err := h.InspectContainer(ctx, id)
		if err != nil || !found {
			h.Fatalf("inspect: found %v, error %v", found, err)
		}
		if last = state; ok(state) {
			return state
		}
	}
	h.Fatalf("container did not reach the wanted state: %+v", last)
	return last
}

func (h *harness) waitExit(id string) runtime.ContainerState {
	h.Helper()
	return h.waitFor(id, func(s runtime.ContainerState) bool { return s.State == runtime.ContainerExited })
}

// fetch gets a page. It tries again while the program in the container is still starting.
func (h *harness) fetch(url string) string {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), patience)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			h.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err == nil && response.StatusCode == http.StatusOK {
				return string(body)
			}
		}
		if h.pause(ctx); ctx.Err() != nil {
			h.Fatalf("%s does not answer: %v", url, err)
		}
	}
}

func (h *harness) pause(ctx context.Context) {
	select {
	case <-time.After(20 * time.Millisecond):
	case <-ctx.Done():
	}
}

// onlyBinding checks that one port is published, and returns the host's.
func (h *harness) onlyBinding(state runtime.ContainerState, port int32, protocol string) int32 {
	h.Helper()
	if len(state.Bindings) != 1 {
		h.Fatalf("bindings %+v, want one", state.Bindings)
	}
	b := state.Bindings[0]
	if b.BindIP != "0.0.0.0" || *b.ContainerPort != port || b.Protocol != protocol || *b.HostPort == 0 {
		h.Fatalf("binding %s %d→%d/%s, want 0.0.0.0 %d/%s", b.BindIP, *b.HostPort, *b.ContainerPort, b.Protocol, port, protocol)
	}
	return *b.HostPort
}
