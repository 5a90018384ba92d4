package docker_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// wantAnswers checks that a host port reaches one container, on both address families.
func (h *harness) wantAnswers(port int, from string) {
	h.Helper()
	for _, address := range []string{"127.0.0.1", "[::1]"} {
		if page := h.fetch(fmt.Sprintf("http://%s:%d/", address, port)); page != "Hello from "+from+"\n" {
			h.Errorf("%s:%d: page %q, want that of %s", address, port, page, from)
		}
	}
}

// The port that is reported reaches its container on both families, whatever else was published
// between: 20.10 and 26.1 count the ports of each family on their own.
func TestDynamicPortIsTheSameOnBothFamilies(t *testing.T) {
	h := newHarness(t)
	const containers = 6
	var ports [containers]int32
	var ids [containers]string
	for i := range containers {
		spec := h.servingSpec("serve")
		spec.Definition.Hostname = fmt.Sprint("box", i)
		state := h.run(spec)
		ids[i], ports[i] = state.ID, h.onlyBinding(state, 80, "tcp")
		if i%3 == 1 {
			docker.IPv4Only(t, h.spec("serve"), h.Engine)
		}
	}
	for i, port := range ports {
		h.wantAnswers(int(port), fmt.Sprint("box", i))
	}

	// A container that starts again keeps its port.
	if err := h.StopContainer(t.Context(), ids[3], 5); err != nil {
		t.Fatal(err)
	}
	if err := h.StartWithoutHelp(t, ids[3]); err != nil {
		t.Fatal(err)
	}
	h.wantAnswers(int(ports[3]), "box3")
}

func TestPortRange(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("serve")
	spec.Definition.Hostname = "box"
	spec.Definition.PortMappings = []structs.PortMapping{
		{ContainerPortRange: "79-83", Protocol: "tcp"}, docker.Mapping(90, 0, "tcp"), {ContainerPortRange: "79-80", Protocol: "udp"},
	}
	bindings := h.run(spec).Bindings
	if len(bindings) != 3 {
		t.Fatalf("bindings %+v, want three", bindings)
	}
	for i, want := range []structs.NetworkBinding{
		{BindIP: "0.0.0.0", ContainerPortRange: "79-83", Protocol: "tcp"}, {BindIP: "0.0.0.0", ContainerPortRange: "79-80", Protocol: "udp"},
	} {
		got := bindings[i]
		first, last, err := structs.ParsePortRange(got.HostPortRange)
		from, to, _ := structs.ParsePortRange(want.ContainerPortRange)
		want.HostPortRange = got.HostPortRange
		if err != nil || last-first != to-from || got != want {
			t.Errorf("binding %+v, want %+v", got, want)
		}
	}
	if *bindings[2].ContainerPort != 90 || *bindings[2].HostPort == 0 {
		t.Errorf("binding %+v, want a host port for 90", bindings[2])
	}
	first, _, _ := structs.ParsePortRange(bindings[0].HostPortRange)
	h.wantAnswers(first+1, "box") // of 79 to 83 the program serves 80
}

// A taken port within a range moves the whole range.
func TestPortRangeTakenMeanwhile(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("serve")
	spec.Definition.Hostname = "box"
	spec.Definition.PortMappings = []structs.PortMapping{{ContainerPortRange: "78-80", Protocol: "tcp"}}
	id := h.create(spec)
	hostPorts, _, _ := strings.Cut(h.DynamicPorts(t, id), ":")
	first, _, _ := structs.ParsePortRange(hostPorts)
	taken, err := net.Listen("tcp", fmt.Sprint(":", first+2))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	state, err := h.StartContainer(t.Context(), id)
	if err != nil || len(state.Bindings) != 1 {
		t.Fatalf("started as %+v, error %v", state, err)
	}
	again, last, err := structs.ParsePortRange(state.Bindings[0].HostPortRange)
	if err != nil || last-again != 2 || again <= first+2 && first+2 <= last {
		t.Errorf("host ports %s, error %v; %d is taken", state.Bindings[0].HostPortRange, err, first+2)
	}
	h.wantAnswers(again+2, "box")
}

// Two mappings of one container port, one of them dynamic, and one port of both protocols.
func TestSeveralMappingsOfOnePort(t *testing.T) {
	h := newHarness(t)
	free, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	fixed := int32(free.Addr().(*net.TCPAddr).Port)
	free.Close()
	spec := h.spec("serve")
	spec.Definition.Hostname = "box"
	spec.Definition.PortMappings = []structs.PortMapping{docker.Mapping(80, 0, "tcp"), docker.Mapping(80, fixed, "tcp"), docker.Mapping(80, 0, "udp")}
	bindings := h.run(spec).Bindings
	if len(bindings) != 3 {
		t.Fatalf("bindings %+v, want three", bindings)
	}
	seen := map[int32]bool{}
	for _, b := range bindings {
		if *b.ContainerPort != 80 {
			t.Errorf("binding of container port %d", *b.ContainerPort)
		}
		if b.Protocol == "tcp" {
			seen[*b.HostPort] = true
			h.wantAnswers(int(*b.HostPort), "box")
		}
	}
	if len(seen) != 2 || !seen[fixed] || bindings[2].Protocol != "udp" {
		t.Errorf("host ports %v and %+v, want %d and two others", seen, bindings[2], fixed)
	}
}

// Without a network a container has no ports and reaches nothing.
func TestNoNetwork(t *testing.T) {
	h := newHarness(t)
	spec := h.servingSpec("serve")
	spec.NetworkMode = "none"
	state := h.run(spec)
	if state.State != runtime.ContainerRunning || len(state.Bindings) != 0 {
		t.Errorf("runs as %+v", state)
	}
}
