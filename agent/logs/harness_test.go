package logs

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// harness is the logs of an instance on files of an engine that the test writes itself.
type harness struct {
	*Client
	dir  string // of the logs
	cfg  Config
	logs *Logs
	end  context.CancelFunc // ends logs as the end of the process does
	*fakeEngine
}

func newHarness(t *testing.T, cfg Config) *harness {
	h := &harness{Client: &Client{T: t}, dir: filepath.Join(t.TempDir(), "logs"), cfg: cfg, fakeEngine: &fakeEngine{dir: t.TempDir(), containers: map[string]*fakeContainer{}}}
	h.start()
	t.Cleanup(h.stop)
	return h
}

// start starts an agent's logs, over those that an earlier one left.
func (h *harness) start() {
	ctx, end := context.WithCancel(context.Background())
	h.logs, h.end = Open(h.dir, "i-1", h.cfg, slog.New(slog.DiscardHandler)), end
	h.fakeEngine.over = h.logs.Over(h.fakeEngine)
	h.logs.Start(ctx)
	server := httptest.NewServer(h.logs.Handler())
	h.Cleanup(server.Close)
	h.URL = server.URL
}

func (h *harness) stop() {
	h.end()
	h.logs.Wait()
}

// restart ends the logs, and starts them again.
func (h *harness) restart() {
	h.Helper()
	h.stop()
	h.start()
	if _, err := h.over.ListContainers(h.Context()); err != nil {
		h.Fatal(err)
	}
}

// run creates and starts a container whose output goes to awslogs with these options, and to
// another driver without any.
func (h *harness) run(task, container string, options map[string]string) *fakeContainer {
	h.Helper()
	spec := runtime.ContainerSpec{Name: task + container, Labels: map[string]string{
		runtime.LabelCluster: "default", runtime.LabelTask: task, runtime.LabelContainer: container,
	}, Group: "service:web"}
	if options != nil {
		spec.Definition.LogConfiguration = &structs.LogConfiguration{LogDriver: "awslogs", Options: options}
	}
	id, err := h.over.CreateContainer(h.Context(), spec)
	if err != nil {
		h.Fatal(err)
	}
	if _, err := h.over.StartContainer(h.Context(), id); err != nil {
		h.Fatal(err)
	}
	return h.containers[id]
}
