package network

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/internal/wholefile"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

const (
	testRange = "10.213.0.0/16"
	testBlock = "10.213.7.0/24"
	patience  = 30 * time.Second
)

// harness is the network of a container instance of its own on the real engine. The test must run
// as root in the engine's network namespace.
type harness struct {
	*testing.T
	*Network
	engine *docker.Engine
	image  string
	data   string
}

func needRoot(t *testing.T) {
	t.Helper()
	if lacking := lackingCapabilities(); lacking != "" {
		if os.Getenv(testutil.RequireDocker) == "1" {
			t.Fatalf("this process lacks %s", lacking)
		}
		t.Skipf("NO NETWORKS ARE MADE, so nothing is tested: this process lacks %s", lacking)
	}
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	needRoot(t)
	host := testutil.DockerHost(t)
	all, err := docker.New(docker.Config{Host: host})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := all.Info(t.Context()); err != nil {
		t.Fatal(err)
	}
	instance := randomID()
	h := &harness{T: t, engine: all.ForInstance(instance), image: testutil.BuildAppImage(t, host), data: t.TempDir()}
	// An agent of another test would take the instance for a forgotten one otherwise.
	identity := `{"instance":"` + instance + `","cluster":"default"}`
	check(t, os.MkdirAll(filepath.Join(h.data, "agent"), 0o755), wholefile.Write(filepath.Join(h.data, "agent", "instance.json"), []byte(identity)))
	h.Network = h.open(instance)
	if problem := h.problem(t.Context()); problem != "" && os.Getenv(testutil.RequireDocker) != "1" {
		t.Skipf("NO NETWORKS ARE MADE, so nothing is tested: %s", problem)
	}
	t.Cleanup(h.removeAll)
	return h
}

// open returns the instance's network as another process would.
func (h *harness) open(instance string) *Network {
	h.Helper()
	n, err := New(Config{
		Instance: instance, DataDir: h.data, Spares: 2, Logger: slog.New(slog.NewTextHandler(testWriter{h.T}, nil)),
		Engine: func(id string) runtime.Pauses { return h.engine.ForInstance(id) },
	})
	if err != nil {
		h.Fatal(err)
	}
	n.Apply(structs.NetworkFrame{Full: true, Range: testRange, Block: testBlock})
	return n
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) { w.t.Logf("%s", p); return len(p), nil }

func randomID() string {
	id := make([]byte, 16)
	rand.Read(id)
	return hex.EncodeToString(id)
}

func (h *harness) removeAll() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	list, err := h.engine.ListContainers(ctx)
	if err != nil {
		h.Error(err)
	}
	for _, c := range list {
		if err := h.engine.RemoveContainer(ctx, c.ID); err != nil {
			h.Error(err)
		}
	}
	if err := h.RemoveAll(ctx); err != nil {
		h.Error(err)
	}
}

// assignment returns an awsvpc task with an address.
func assignment(address string) structs.Assignment {
	return structs.Assignment{
		Task:       &structs.Task{ID: randomID(), Address: address},
		Definition: &structs.TaskDefinition{NetworkMode: structs.NetworkAwsvpc},
	}
}

func (h *harness) prepare(as structs.Assignment) runtime.Shared {
	h.Helper()
	shared, err := h.Prepare(h.Context(), as)
	if err != nil {
		h.Fatal(err)
	}
	return shared
}

// run starts a container of a task.
func (h *harness) run(as structs.Assignment, shared runtime.Shared, command ...string) runtime.ContainerState {
	h.Helper()
	id, err := h.engine.CreateContainer(h.Context(), runtime.ContainerSpec{
		Name: fmt.Sprintf("gantry-test-%s-%s", as.Task.ID, randomID()[:6]),
		Labels: map[string]string{
			runtime.LabelInstance: h.cfg.Instance, runtime.LabelCluster: "test", runtime.LabelTask: as.Task.ID,
			runtime.LabelContainer: "app", runtime.LabelDefinition: "app:1",
		},
		NetworkMode: as.Definition.NetworkMode, PidMode: as.Definition.PidMode, IpcMode: as.Definition.IpcMode,
		Definition: structs.ContainerDefinition{Image: h.image, Command: command}, Shared: shared,
	})
	if err != nil {
		h.Fatal(err)
	}
	state, err := h.engine.StartContainer(h.Context(), id)
	if err != nil {
		h.Fatal(err)
	}
	return state
}

// pause returns the pause of a task.
func (h *harness) pause(as structs.Assignment) runtime.Pause {
	h.Helper()
	p, ok, err := h.engine.FindPause(h.Context(), runtime.PauseName(as.Task.ID))
	if err != nil || !ok {
		h.Fatalf("the task has no pause: %v", err)
	}
	return p
}

// space returns the network namespace of a task.
func (h *harness) space(as structs.Assignment) *space {
	h.Helper()
	s, err := openSpace(fmt.Sprintf("/proc/%d/ns/net", h.pause(as).PID))
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(s.close)
	return s
}

// fetch gets a page from a namespace; nil is the test's own. It tries again until it is there.
func fetch(t *testing.T, from *space, address string) string {
	t.Helper()
	var text string
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if text, err = get(from, address, time.Second); err == nil {
			return text
		}
	}
	t.Fatalf("%s does not answer: %v", address, err)
	return ""
}

// get asks once.
func get(from *space, address string, patience time.Duration) (text string, err error) {
	ask := func() error {
		// in one goroutine, so that the socket is made on this thread
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(address, "80"), patience)
		if err != nil {
			return err
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(patience))
		fmt.Fprintf(conn, "GET / HTTP/1.0\r\n\r\n")
		raw, err := io.ReadAll(conn)
		if _, body, ok := strings.Cut(string(raw), "\r\n\r\n"); ok {
			text = body
		}
		return err
	}
	if from == nil {
		err = ask()
	} else {
		err = from.do(ask)
	}
	return text, err
}
