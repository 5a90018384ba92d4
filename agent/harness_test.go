package agent_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// harness is an agent between a server and an engine, under fake time.
type harness struct {
	t      *testing.T
	engine *testutil.FakeEngine
	server *fakeServer
	dir    string
	change func(*agent.Config)
	again  map[string]int // how often containers, by name, are to be started again

	agent  *agent.Agent
	cancel context.CancelFunc
	ended  chan error
}

// withAgent runs a test on a harness with a started agent. Goroutines that the agent leaves behind
// fail the test.
func withAgent(t *testing.T, test func(*harness)) {
	t.Helper()
	withConfig(t, nil, test)
}

// withConfig is withAgent with a change of the agent's configuration.
func withConfig(t *testing.T, change func(*agent.Config), test func(*harness)) {
	t.Helper()
	faketime.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.change = change
		h.start()
		defer h.stop()
		test(h)
	})
}

func newHarness(t *testing.T) *harness {
	return &harness{t: t, engine: testutil.NewFakeEngine(), server: newFakeServer(), dir: t.TempDir(), again: map[string]int{}}
}

// start starts an agent and waits until it is ready.
func (h *harness) start() {
	h.launch()
	h.wait(time.Minute)
	if !h.agent.Ready() {
		h.t.Fatal("the agent is not ready after a minute")
	}
}

func (h *harness) launch() {
	h.t.Helper()
	cfg := agent.Config{
		DataDir: h.dir, Zone: "a", Version: "1.2.3", Server: h.server,
		Runtime: func(instance string) runtime.Runtime { return h.engine.Runtime(instance) },
		Logger:  slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if h.change != nil {
		h.change(&cfg)
	}
	a, err := agent.New(cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	h.agent, h.cancel, h.ended = a, cancel, ended
	go func() { ended <- a.Run(ctx) }()
}

// stop ends the agent and waits for it. Containers run on.
func (h *harness) stop() {
	h.t.Helper()
	h.cancel()
	if err := <-h.ended; err != nil {
		h.t.Errorf("Run: %v", err)
	}
	h.ended <- nil // it may be stopped again
}

func (h *harness) restart() {
	h.stop()
	h.start()
}

// wait lets time pass.
func (h *harness) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (h *harness) task(id string) structs.Task { return h.server.task(id) }

// expect fails the test if a task is not in a status, and returns the task.
func (h *harness) expect(id string, status structs.TaskStatus) structs.Task {
	h.t.Helper()
	task := h.task(id)
	if task.LastStatus != status {
		h.t.Fatalf("task %s is %v (%s, %q), not %v; calls: %q", id, task.LastStatus, task.StopCode, task.StoppedReason, status,
			h.engine.Calls())
	}
	return task
}

func (h *harness) running() []string {
	var names []string
	for _, c := range h.engine.All() {
		if c.State == runtime.ContainerRunning {
			names = append(names, c.Name)
		}
	}
	return names
}

func (h *harness) expectRunning(names ...string) {
	h.t.Helper()
	if got := h.running(); !slices.Equal(got, names) {
		h.t.Fatalf("running containers are %q, not %q", got, names)
	}
}

// container makes a container definition of the image of the same name.
func container(name string, change ...func(*structs.ContainerDefinition)) structs.ContainerDefinition {
	c := structs.ContainerDefinition{Name: name, Image: name, Memory: new(int32(64))}
	for _, f := range change {
		f(&c)
	}
	return c
}

func nonEssential(c *structs.ContainerDefinition) { c.Essential = new(false) }

func definition(containers ...structs.ContainerDefinition) *structs.TaskDefinition {
	return &structs.TaskDefinition{Family: "web", Revision: 1, ContainerDefinitions: containers}
}

// taskID returns an id of 32 digits for a small number. The number is in the first 12, which
// container names use.
func taskID(n int) string { return fmt.Sprintf("%012d%020d", n, n) }

func name(container string, n int) string { return fmt.Sprintf("gantry-web-1-%s-%012d", container, n) }
