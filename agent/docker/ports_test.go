package docker_test

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/structs"
)

func TestDynamicTCPPort(t *testing.T) {
	h := newHarness(t)
	spec := h.spec() // the image's own entry point, and no command
	spec.Definition.PortMappings = []structs.PortMapping{docker.Mapping(80, 0, "tcp")}
	spec.Definition.Environment = []structs.KeyValuePair{{Name: "GREETING", Value: "Good day"}}
	spec.Definition.Hostname = "box"
	port := h.onlyBinding(h.run(spec), 80, "tcp")
	if page := h.fetch(fmt.Sprintf("http://127.0.0.1:%d/", port)); page != "Good day from box\n" {
		t.Errorf("page %q", page)
	}
}

func TestDynamicUDPPort(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("udp")
	spec.Definition.PortMappings = []structs.PortMapping{docker.Mapping(5353, 0, "udp")}
	spec.Definition.Environment = []structs.KeyValuePair{{Name: "PORT", Value: "5353"}}
	port := h.onlyBinding(h.run(spec), 5353, "udp")

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for reply := make([]byte, 16); ; h.pause(ctx) { // until the program inside listens
		if ctx.Err() != nil {
			t.Fatal("no reply")
		}
		conn, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(200 * time.Millisecond))
		fmt.Fprint(conn, "hello")
		n, err := conn.Read(reply)
		conn.Close()
		if err == nil && string(reply[:n]) == "hello" {
			return
		}
	}
}

func TestHostNetwork(t *testing.T) {
	h := newHarness(t)
	free, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	port := int32(free.Addr().(*net.TCPAddr).Port)
	free.Close()

	spec := h.spec("serve")
	spec.NetworkMode = "host"
	spec.Definition.PortMappings = []structs.PortMapping{docker.Mapping(port, port, "tcp")}
	spec.Definition.Environment = []structs.KeyValuePair{{Name: "PORT", Value: fmt.Sprint(port)}}
	if got := h.onlyBinding(h.run(spec), port, "tcp"); got != port {
		t.Errorf("host port %d, want %d", got, port)
	}
	h.fetch(fmt.Sprintf("http://127.0.0.1:%d/", port))
}
