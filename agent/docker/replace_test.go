package docker_test

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// createOnTakenPort creates a container, and takes the host port that was chosen for it.
func (h *harness) createOnTakenPort(spec runtime.ContainerSpec) (id, port string) {
	h.Helper()
	id = h.create(spec)
	port, _, _ = strings.Cut(h.DynamicPorts(h.T, id), ":")
	taken, err := net.Listen("tcp", ":"+port)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { taken.Close() })
	return id, port
}

// wantElsewhere checks that a container has become another, with the same name and another port.
func (h *harness) wantElsewhere(state runtime.ContainerState, spec runtime.ContainerSpec, id, port string) {
	h.Helper()
	if state.State != runtime.ContainerRunning || state.ID == id || state.Name != spec.Name {
		h.Fatalf("started as %+v", state)
	}
	got := h.onlyBinding(state, 80, "tcp")
	if port == strconv.Itoa(int(got)) {
		h.Errorf("got port %d, which is taken", got)
	}
	h.fetch(fmt.Sprintf("http://127.0.0.1:%d/", got))
	list, err := h.ListContainers(h.Context())
	if err != nil || len(list) != 1 || list[0].ID != state.ID {
		h.Errorf("containers %+v, error %v; want the one that runs", list, err)
	}
}

func TestDynamicPortTakenMeanwhile(t *testing.T) {
	h := newHarness(t)
	spec := h.servingSpec("serve")
	spec.Definition.Environment = []structs.KeyValuePair{{Name: "A", Value: "1"}}
	id, port := h.createOnTakenPort(spec)
	state, err := h.StartContainer(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	h.wantElsewhere(state, spec, id, port)
}

// An agent that was killed between the failed start and the end of the replacement goes on.
func TestKilledWhileReplacing(t *testing.T) {
	for name, killed := range map[string]func(h *harness, spec runtime.ContainerSpec, id string){
		"after the start":      func(*harness, runtime.ContainerSpec, string) {},
		"after the first step": func(h *harness, spec runtime.ContainerSpec, id string) { h.RenameToReplace(h.T, id, spec.Name) },
		"before the last step": func(h *harness, spec runtime.ContainerSpec, id string) {
			h.RenameToReplace(h.T, id, spec.Name)
			h.createOnTakenPort(spec)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			spec := h.servingSpec("serve")
			id, port := h.createOnTakenPort(spec)
			if err := h.StartWithoutHelp(t, id); err == nil {
				t.Fatal("started on a taken port")
			}
			killed(h, spec, id)

			list, err := h.ListContainers(t.Context())
			if err != nil || len(list) != 1 || list[0].Name != spec.Name || list[0].State != runtime.ContainerCreated {
				t.Fatalf("the next agent finds %+v, error %v", list, err)
			}
			if _, ok, err := h.InspectContainer(t.Context(), spec.Name+"-replaced"); err != nil || ok && list[0].ID != id {
				t.Errorf("the container that was to be replaced is left: %v", err)
			}
			state, err := h.StartContainer(t.Context(), list[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			h.wantElsewhere(state, spec, list[0].ID, port)
		})
	}
}

// A fixed port that is taken fails the start, whatever the other ports are.
func TestFixedPortTakenBesideDynamicOnes(t *testing.T) {
	h := newHarness(t)
	taken, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	spec := h.servingSpec("serve")
	spec.Definition.PortMappings = append(spec.Definition.PortMappings, docker.Mapping(81, int32(taken.Addr().(*net.TCPAddr).Port), "tcp"))
	id := h.create(spec)
	_, err = h.StartContainer(t.Context(), id)
	docker.WantRuntimeError(t, err, "CannotStartContainerError", "in use")
}

// Containers can be linked to one that is replaced later.
func TestLinks(t *testing.T) {
	h := newHarness(t)
	db := h.servingSpec("serve")
	db.Definition.Hostname = "db"
	id, _ := h.createOnTakenPort(db)
	web := h.spec("fetch", "http://database/", "Hello from db")
	web.Links = []string{db.Name + ":database"}
	linked := h.create(web)
	if _, err := h.StartContainer(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	state, err := h.StartContainer(t.Context(), linked)
	if err != nil {
		t.Fatal(err)
	}
	if ended := h.waitExit(state.ID); ended.ExitCode != 0 || ended.Name != web.Name {
		t.Errorf("the linked container ended as %+v", ended)
	}
}
