package network

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/internal/wholefile"
)

// testEndpoint is the endpoint of an agent on a machine.
type testEndpoint struct {
	*Endpoint
	server *http.Server
}

// answersAs serves the name of the agent at port 80 of its endpoint.
func answersAs(t *testing.T, name string, e *Endpoint) *testEndpoint {
	t.Helper()
	l, err := e.Listen(80)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		fmt.Fprint(w, name)
	})}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return &testEndpoint{e, s}
}

// agentData returns the data directory of an instance.
func agentData(t *testing.T, instance string) string {
	t.Helper()
	dir := t.TempDir()
	identity := `{"instance":"` + instance + `","cluster":"default"}`
	check(t, os.MkdirAll(filepath.Join(dir, "agent"), 0o755), wholefile.Write(filepath.Join(dir, "agent", "instance.json"), []byte(identity)))
	return dir
}

// TestEndpointOfTwoAgents: two agents on one machine answer at 169.254.170.2, port 80 of the
// machine is free, one that dies leaves the other, one that goes for good takes nothing from the
// other, and the last one takes everything with it.
func TestEndpointOfTwoAgents(t *testing.T) {
	needRoot(t)
	name := "gantry-test-e-" + randomID()[:6]
	machine := testSpace(t, name)
	up(t, machine, "lo")
	ids := []string{randomID(), randomID()}
	open := func(i int) *Endpoint {
		e, err := openEndpoint(EndpointConfig{Instance: ids[i], DataDir: agentData(t, ids[i]), Logger: slog.Default()}, filepath.Join(spacesDir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close(); RemoveEndpoint(ids[i]) })
		return e
	}
	first := answersAs(t, "first", open(0))
	second := answersAs(t, "second", open(1))
	seen := map[string]int{}
	for deadline := time.Now().Add(patience); len(seen) < 2 && time.Now().Before(deadline); {
		seen[fetch(t, machine, endpointAddress.String())]++
	}
	if seen["first"] == 0 || seen["second"] == 0 {
		t.Fatalf("answers of the two agents: %v", seen)
	}
	err := machine.do(func() error {
		l, err := net.Listen("tcp", ":80")
		if err == nil {
			l.Close()
		}
		return err
	})
	if err != nil {
		t.Errorf("port 80 of the machine is not free: %v", err)
	}
	first.server.Close() // as if it were killed
	for range 20 {
		if got := fetch(t, machine, endpointAddress.String()); got != "second" {
			t.Fatalf("%q answers, though the first agent is gone", got)
		}
	}
	first.Close()
	check(t, RemoveEndpoint(ids[0]), second.Repair())
	if got := fetch(t, machine, endpointAddress.String()); got != "second" {
		t.Fatalf("%q answers", got)
	}
	second.server.Close()
	second.Close()
	check(t, RemoveEndpoint(ids[1]))
	nothingLeft(t, machine, second.name, ids)
}

// nothingLeft fails unless an endpoint is gone soon, with its notes.
func nothingLeft(t *testing.T, machine *space, name string, ids []string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		link, err := findLink(machine, endpointOuter)
		if err == nil && link == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the link is still there: %v, %v", link, err)
		}
	}
	if isSpace(filepath.Join(spacesDir, name)) {
		t.Error("the namespace is still there")
	}
	for _, id := range ids {
		if _, err := os.Stat(endpointNote(tag(id))); !os.IsNotExist(err) {
			t.Errorf("the note of %s: %v", id, err)
		}
	}
}

// TestEndpointComesBack: what somebody removed of an endpoint is there after a repair, and its
// listeners answer as before.
func TestEndpointComesBack(t *testing.T) {
	needRoot(t)
	name, id := "gantry-test-e-"+randomID()[:6], randomID()
	machine := testSpace(t, name)
	e, err := openEndpoint(EndpointConfig{Instance: id, DataDir: agentData(t, id), Logger: slog.Default()}, filepath.Join(spacesDir, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close(); RemoveEndpoint(id) })
	answersAs(t, "it", e)
	for what, spoil := range map[string]func(){
		"nothing": func() {},
		"the link": func() {
			link, err := machine.LinkByName(endpointOuter)
			check(t, err, machine.LinkDel(link))
		},
		"the route": func() {
			link, err := machine.LinkByName(endpointOuter)
			check(t, err)
			list, err := machine.RouteList(link, 2)
			check(t, err)
			for _, route := range list {
				check(t, machine.RouteDel(&route))
			}
		},
		"the link is down": func() {
			link, err := machine.LinkByName(endpointOuter)
			check(t, err, machine.LinkSetDown(link))
		},
	} {
		spoil()
		check(t, e.Repair())
		if got := fetch(t, machine, endpointAddress.String()); got != "it" {
			t.Errorf("without %s: %q answers", what, got)
		}
	}
	conn, err := e.Dial(context.Background(), 80)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

// TestEndpointOfAForgottenInstance: an agent that goes takes with it what an instance left whose
// data directory was removed.
func TestEndpointOfAForgottenInstance(t *testing.T) {
	needRoot(t)
	name, ids := "gantry-test-e-"+randomID()[:6], []string{randomID(), randomID()}
	testSpace(t, name)
	var names []string
	for _, id := range ids {
		dir := agentData(t, id)
		e, err := openEndpoint(EndpointConfig{Instance: id, DataDir: dir, Logger: slog.Default()}, filepath.Join(spacesDir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { RemoveEndpoint(id) })
		e.Close()
		names = append(names, e.name)
		check(t, os.RemoveAll(dir))
	}
	check(t, RemoveEndpoint(ids[0]))
	if slices.ContainsFunc(names, func(name string) bool { return isSpace(filepath.Join(spacesDir, name)) }) {
		t.Error("the namespace is still there")
	}
}
