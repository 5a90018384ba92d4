package logs

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

const patience = 20 * time.Second

// harness is the logs of an instance on files of an engine that the test writes itself.
type harness struct {
	*testing.T
	dir  string // of the logs
	cfg  Config
	logs *Logs
	url  string
	end  context.CancelFunc // ends logs as the end of the process does
	*fakeEngine
}

func newHarness(t *testing.T, cfg Config) *harness {
	h := &harness{T: t, dir: filepath.Join(t.TempDir(), "logs"), cfg: cfg, fakeEngine: &fakeEngine{dir: t.TempDir(), containers: map[string]*fakeContainer{}}}
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
	h.url = server.URL
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

// events returns what a query that does not follow answers.
func (h *harness) events(q structs.LogQuery) (list []structs.LogEvent) {
	h.Helper()
	for e := range h.stream(h.Context(), q) {
		list = append(list, e)
	}
	return list
}

func (h *harness) post(ctx context.Context, path string, q structs.LogQuery) *http.Response {
	h.Helper()
	raw, err := json.Marshal(q)
	if err != nil {
		h.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, "POST", h.url+path, strings.NewReader(string(raw)))
	if err != nil {
		h.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		h.Fatalf("%s answers %s", path, answer.Status)
	}
	return answer
}

// stream yields the events of a query until the answer or ctx ends.
func (h *harness) stream(ctx context.Context, q structs.LogQuery) <-chan structs.LogEvent {
	h.Helper()
	answer := h.post(ctx, "/logs/events", q)
	out := make(chan structs.LogEvent)
	go func() {
		defer close(out)
		defer answer.Body.Close()
		lines := bufio.NewReaderSize(answer.Body, 1<<20)
		for {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				return
			}
			var e structs.LogEvent
			if len(line) == 1 {
				continue
			}
			if err := json.Unmarshal(line, &e); err != nil {
				h.Errorf("%v in %s", err, line)
				return
			}
			select {
			case out <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func (h *harness) streams(q structs.LogQuery) (list []structs.LogStream) {
	h.Helper()
	answer := h.post(h.Context(), "/logs/streams", q)
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
		h.Fatal(err)
	}
	return list
}

// await waits until the streams have so many events, and returns their messages.
func (h *harness) await(q structs.LogQuery, n int) []string {
	h.Helper()
	var got []string
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if got = messages(h.events(q)); len(got) >= n {
			break
		}
		<-time.After(2 * time.Millisecond)
	}
	if len(got) != n {
		h.Fatalf("there are %d events, want %d: %.300q", len(got), n, got)
	}
	return got
}

func messages(events []structs.LogEvent) (list []string) {
	for _, e := range events {
		list = append(list, e.Message)
	}
	return list
}
