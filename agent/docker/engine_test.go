package docker_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker/docker/client"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

var _ runtime.Runtime = (*docker.Engine)(nil)

// The tests below run on a real engine, and skip where none answers.

const patience = 30 * time.Second

// harness is an instance of its own on the real engine.
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

// as makes a harness a new instance on the engine, whose containers are removed at the end.
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
	h.Close()
}

// spec gives a container of this instance that runs the test image with these arguments.
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
	h.Fatalf("container did not come to the wanted state: %+v", last)
	return last
}

func (h *harness) waitExit(id string) runtime.ContainerState {
	h.Helper()
	return h.waitFor(id, func(s runtime.ContainerState) bool { return s.State == runtime.ContainerExited })
}

// fetch gets a page, and tries again while the program inside is still starting.
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

// onlyBinding checks that one port is published, and gives the host's.
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

func TestPullOfPresentImageAsksNoRegistry(t *testing.T) {
	h := newHarness(t)
	if err := h.PullImage(t.Context(), h.image); err != nil { // no registry has it
		t.Error(err)
	}
}

func TestPullOfMissingImage(t *testing.T) {
	h := newHarness(t)
	// Port 1 of this machine refuses, so that the test depends on no network.
	err := h.PullImage(t.Context(), "127.0.0.1:1/gantry/nope:1")
	docker.WantRuntimeError(t, err, "CannotPullContainerError", "pull image 127.0.0.1:1/gantry/nope:1", "refused")
}

func TestCreateWithoutImage(t *testing.T) {
	h := newHarness(t)
	spec := h.spec()
	spec.Definition.Image = "127.0.0.1:1/gantry/nope:1"
	_, err := h.CreateContainer(t.Context(), spec)
	docker.WantRuntimeError(t, err, "CannotCreateContainerError", "No such image")
}

func TestCreateIsIdempotentByName(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("sleep")
	first := h.create(spec)
	if again := h.create(spec); again != first {
		t.Errorf("created %s and then %s under one name", first, again)
	}
	spec.Labels[runtime.LabelTask] = "task-2"
	_, err := h.CreateContainer(t.Context(), spec)
	docker.WantRuntimeError(t, err, "CannotCreateContainerError", spec.Name, first[:12])
}

func TestCreateRefusesAnotherInstancesLabel(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("sleep")
	spec.Labels[runtime.LabelInstance] = "another"
	_, err := h.CreateContainer(t.Context(), spec)
	docker.WantRuntimeError(t, err, "CannotCreateContainerError", "another")
}

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
		t.Errorf("a running one started again: %+v, error %v", again, err)
	}
}

func TestStartOfMissingCommand(t *testing.T) {
	h := newHarness(t)
	spec := h.spec()
	spec.Definition.EntryPoint = []string{"/no-such-program"}
	id := h.create(spec)
	refused, err := h.StartContainer(t.Context(), id)
	docker.WantRuntimeError(t, err, "CannotStartContainerError", "/no-such-program", "no such file")

	// An agent that was not there to hear the error finds it later, and does not try for ever.
	state, err := h.StartContainer(t.Context(), refused.ID)
	if err != nil || state.State != runtime.ContainerExited || state.ExitCode == 0 || !strings.Contains(state.Error, "/no-such-program") {
		t.Errorf("found afterwards: %+v, error %v", state, err)
	}
}

// TestStartWithoutItsGPU: a machine without such a GPU, or without NVIDIA's runtime, says so.
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
		t.Errorf("the stop waited %v for a program that heeds SIGTERM", took)
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

func (h *harness) servingSpec(args ...string) runtime.ContainerSpec {
	spec := h.spec(args...)
	spec.Definition.PortMappings = []structs.PortMapping{docker.Mapping(80, 0, "tcp")}
	return spec
}

func TestOutOfMemory(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("alloc", "256")
	spec.MemoryLimit = 32
	spec.Definition.LinuxParameters = &structs.LinuxParameters{MaxSwap: new(int32(0))}
	ended := h.waitExit(h.run(spec).ID)
	if !ended.OOMKilled || ended.ExitCode != 137 {
		t.Errorf("got %+v, want killed for its memory with 137", ended)
	}
}

func TestReadonlyRootFilesystem(t *testing.T) {
	h := newHarness(t)
	for readonly, want := range map[bool]int32{true: 1, false: 0} {
		spec := h.spec("write", "/tmp/x")
		spec.Definition.ReadonlyRootFilesystem = &readonly
		if ended := h.waitExit(h.run(spec).ID); ended.ExitCode != want {
			t.Errorf("readonly %v: exit code %d, want %d", readonly, ended.ExitCode, want)
		}
	}
}

// A definition with much in it: Docker must take each value in the form that it is given.
func TestDockerTakesAFullDefinition(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("write", "/scratch/x")
	spec.MemoryLimit = 64
	spec.IpcMode, spec.PidMode = "host", "host"
	def := &spec.Definition
	def.Cpu, def.MemoryReservation = 128, new(int32(32))
	def.EntryPoint, def.WorkingDirectory, def.User = []string{"/app"}, "/tmp", "1000:1000"
	def.ReadonlyRootFilesystem, def.Interactive, def.PseudoTerminal = new(true), new(true), new(true)
	def.DnsServers, def.DnsSearchDomains = []string{"127.0.0.1"}, []string{"example.org"}
	def.ExtraHosts = []structs.HostEntry{{Hostname: "db", IpAddress: "10.0.0.1"}}
	def.Ulimits = []structs.Ulimit{{Name: "nofile", SoftLimit: 1024, HardLimit: 2048}}
	def.DockerSecurityOptions = []string{"no-new-privileges"}
	def.SystemControls = []structs.SystemControl{{Namespace: "net.ipv4.ip_unprivileged_port_start", Value: "0"}}
	def.LogConfiguration = &structs.LogConfiguration{LogDriver: "json-file", Options: map[string]string{"max-size": "1m"}}
	def.LinuxParameters = &structs.LinuxParameters{
		Capabilities: &structs.KernelCapabilities{Drop: []string{"ALL"}, Add: []string{"NET_BIND_SERVICE"}},
		Devices:      []structs.Device{{HostPath: "/dev/null", ContainerPath: "/dev/hole", Permissions: []string{"read", "write"}}},
		Tmpfs:        []structs.Tmpfs{{ContainerPath: "/scratch", Size: 4, MountOptions: []string{"mode=1777", "noexec"}}},
	}
	if ended := h.waitExit(h.run(spec).ID); ended.ExitCode != 0 {
		t.Errorf("exit code %d: %s", ended.ExitCode, ended.Error)
	}
}

func TestHealth(t *testing.T) {
	h := newHarness(t)
	for command, want := range map[string]string{"print": "HEALTHY", "no-such-verb": "UNHEALTHY"} {
		spec := h.spec("sleep")
		spec.Definition.HealthCheck = &structs.HealthCheck{Command: []string{"CMD", "/app", command},
			Interval: new(int32(1)), Retries: new(int32(1))}
		state := h.run(spec)
		if state.Health != "UNKNOWN" {
			t.Errorf("health at the start %q, want UNKNOWN", state.Health)
		}
		h.waitFor(state.ID, func(s runtime.ContainerState) bool { return s.Health == want })
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

func TestRemove(t *testing.T) {
	h := newHarness(t)
	id := h.run(h.spec("sleep")).ID
	for range 2 { // a running one, and one that is not there
		if err := h.RemoveContainer(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := h.InspectContainer(t.Context(), id); ok || err != nil {
			t.Errorf("after the removal: found %v, error %v", ok, err)
		}
	}
	if err := h.StopContainer(t.Context(), id, 1); err != nil {
		t.Errorf("stop of a removed one: %v", err)
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
	id := h.run(h.spec("sleep")).ID
	want := runtime.Event{ID: id, Task: "task-1"}
	for _, began := range []runtime.Event{{ID: id, Task: "task-1", Created: true}, {ID: id, Task: "task-1", Started: true}} {
		if ev := <-got; ev != began {
			t.Fatalf("event %+v, want %+v", ev, began)
		}
	}
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
	// The state is there by the time of the event.
	if state, _, err := h.InspectContainer(ctx, id); err != nil || state.State != runtime.ContainerExited || state.ExitCode != 0 {
		t.Errorf("at the event: %+v, error %v", state, err)
	}
}
