package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/httpapi"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// api is the native API of a single node, on a listener of its own.
type api struct {
	*singlenode.Node
	url     string
	client  *client.Client
	closing chan struct{}
	ready   error
}

func newAPI(t *testing.T) *api {
	a := &api{Node: singlenode.New(t), closing: make(chan struct{})}
	a.serve(t, a.Control)
	_, err := a.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
		Family: "web", ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", Image: "app", Memory: new(int32(16))}},
	}, nil)
	noError(t, err)
	return a
}

func (a *api) serve(t *testing.T, verbs *control.Control) {
	server := httptest.NewServer(httpapi.New(httpapi.Config{
		Control: verbs, Ready: func() error { return a.ready }, Closing: a.closing,
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}))
	a.url, a.client = server.URL, client.New(client.Config{Address: server.URL})
	t.Cleanup(func() {
		a.client.Close()
		server.CloseClientConnections()
		server.Close()
	})
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (a *api) register(t *testing.T) structs.ContainerInstance {
	t.Helper()
	instance, err := a.client.Register(t.Context(), structs.ContainerInstance{
		Name: "host", Zone: "a", Registered: structs.Resources{CPU: 1024, Memory: 512},
	})
	noError(t, err)
	return instance
}

func (a *api) stream(t *testing.T, instance string) *client.AssignmentStream {
	t.Helper()
	stream, err := a.client.Assignments(t.Context(), instance, 0)
	noError(t, err)
	t.Cleanup(func() { stream.Close() })
	return stream
}

func TestAgentsWay(t *testing.T) {
	a := newAPI(t)
	instance := a.register(t)
	if instance.ID == "" || instance.Cluster != structs.DefaultCluster || instance.Zone != "a" || instance.Status != structs.InstanceActive {
		t.Fatalf("registered %+v", instance)
	}
	stream := a.stream(t, instance.ID)
	first, err := stream.Next()
	noError(t, err)
	if !first.Full || len(first.Assignments) > 0 {
		t.Fatalf("the first frame is %+v", first)
	}
	placed, err := a.Control.RunTask(t.Context(), control.RunTaskInput{Job: structs.Job{Cluster: "default", TaskDefinition: "web", Count: 1}})
	noError(t, err)
	second, err := stream.Next()
	noError(t, err)
	if len(second.Assignments) != 1 || second.Assignments[0].Task.ID != placed.Tasks[0].ID ||
		second.Assignments[0].Definition.ContainerDefinitions[0].Image != "app" || second.Index <= first.Index {
		t.Fatalf("the second frame is %+v", second)
	}
	update := structs.TaskUpdate{
		Task: placed.Tasks[0].ID, Status: structs.TaskRunning, StartedAt: structs.TimeOf(time.Now().Add(-time.Hour)),
		Containers: []structs.Container{{Name: "app", LastStatus: structs.TaskRunning, RuntimeID: "c1", ExitCode: new(int32(0))}},
	}
	noError(t, a.client.Report(t.Context(), instance.ID, []structs.TaskUpdate{update}))
	task := a.Store.Snapshot().Task(update.Task)
	// the cluster's clock is not the agent's
	began := a.Control.Now().Std().Add(-time.Hour).Sub(task.StartedAt.Std())
	if task.LastStatus != structs.TaskRunning || began.Abs() > time.Minute || *task.Containers[0].ExitCode != 0 {
		t.Errorf("after the report the task is %+v", task)
	}
}

// failing is a log that fails with a given error.
type failing struct{ err error }

func (f *failing) Apply(context.Context, structs.Command) (structs.Applied, error) {
	return structs.Applied{}, f.err
}
func (f *failing) Current(context.Context) error { return f.err }

func TestErrorsKeepTheirKind(t *testing.T) {
	var log failing
	a := &api{closing: make(chan struct{})}
	node := singlenode.New(t)
	a.serve(t, control.New(control.Config{Log: &log, Store: node.Store, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}))
	for kind, status := range map[structs.Kind]int{
		structs.KindAccessDenied:       http.StatusForbidden,
		structs.KindClient:             http.StatusBadRequest,
		structs.KindClusterNotFound:    http.StatusNotFound,
		structs.KindResourceNotFound:   http.StatusNotFound,
		structs.KindConflict:           http.StatusConflict,
		structs.KindInvalidParameter:   http.StatusBadRequest,
		structs.KindLimitExceeded:      http.StatusBadRequest,
		structs.KindUnsupportedFeature: http.StatusNotImplemented,
		structs.KindUnavailable:        http.StatusServiceUnavailable,
		structs.KindInternal:           http.StatusInternalServerError,
	} {
		t.Run(string(kind), func(t *testing.T) {
			log.err = structs.Errorf(kind, `100%% of "it"`)
			message := `100% of "it"`
			if kind == structs.KindInternal {
				log.err, message = errors.New("disk 7 is on fire"), "internal error"
			}
			_, err1 := a.client.Register(t.Context(), structs.ContainerInstance{})
			_, err2 := a.client.Evaluation(t.Context(), "0123")
			err3 := a.client.Report(t.Context(), "0123", []structs.TaskUpdate{{Task: "4567"}})
			for _, err := range []error{err1, err2, err3} {
				var e *structs.Error
				if !errors.As(err, &e) || e.Kind != kind || e.Message != message {
					t.Errorf("the client gives %#v", err)
				}
			}
			resp, err := http.Get(a.url + "/v1/evaluations/0123")
			noError(t, err)
			resp.Body.Close()
			if resp.StatusCode != status {
				t.Errorf("the status is %d, not %d", resp.StatusCode, status)
			}
		})
	}
}

func TestRefusedBodies(t *testing.T) {
	a := newAPI(t)
	const asJSON = "application/json"
	for name, test := range map[string]struct {
		contentType, body string
		status            int
		text              string
	}{
		"as JSON":      {asJSON, `{"name":"x"}`, http.StatusOK, `"name":"x"`},
		"with charset": {asJSON + "; charset=utf-8", `{"name":"x"}`, http.StatusOK, `"name":"x"`},
		"as text":      {"text/plain", `{"name":"x"}`, http.StatusUnsupportedMediaType, "application/json"},
		"as a form":    {"application/x-www-form-urlencoded", `{"name":"x"}`, http.StatusUnsupportedMediaType, "application/json"},
		"as nothing":   {"", `{"name":"x"}`, http.StatusUnsupportedMediaType, "application/json"},
		"no JSON":      {asJSON, `{"name":`, http.StatusBadRequest, "JSON"},
		"empty":        {asJSON, ``, http.StatusBadRequest, "JSON"},
		"other JSON":   {asJSON, `{"name":7}`, http.StatusBadRequest, "JSON"},
		"too large":    {asJSON, `{"name":"` + strings.Repeat("x", 17<<20) + `"}`, http.StatusRequestEntityTooLarge, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.url+"/v1/agent/register", strings.NewReader(test.body))
			noError(t, err)
			if test.contentType != "" {
				request.Header.Set("Content-Type", test.contentType)
			}
			status, body := do(t, request)
			if status != test.status || !strings.Contains(body, test.text) {
				t.Errorf("%d: %s", status, body)
			}
			if status >= 300 && !strings.HasPrefix(body, `{"error":{"code":"InvalidParameter","message":"`) {
				t.Errorf("the error is %s", body)
			}
		})
	}
}

func do(t *testing.T, request *http.Request) (status int, body string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(request)
	noError(t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	noError(t, err)
	return resp.StatusCode, strings.TrimSpace(string(raw))
}

func TestHealthAndReady(t *testing.T) {
	a := newAPI(t)
	get := func(path string) (int, map[string]string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.url+path, nil)
		noError(t, err)
		status, body := do(t, request)
		answer := map[string]string{}
		noError(t, json.Unmarshal([]byte(body), &answer))
		return status, answer
	}
	a.ready = errors.New("no leader yet")
	if status, answer := get("/v1/ready"); status != http.StatusServiceUnavailable || answer["reason"] != "no leader yet" {
		t.Errorf("not ready: %d %v", status, answer)
	}
	if status, _ := get("/v1/health"); status != http.StatusOK {
		t.Errorf("alive, not ready: %d", status)
	}
	a.ready = nil
	if status, answer := get("/v1/ready"); status != http.StatusOK || answer["status"] != "ready" {
		t.Errorf("ready: %d %v", status, answer)
	}
}

func TestStreamsEndWithTheProcess(t *testing.T) {
	a := newAPI(t)
	instance := a.register(t)
	stream := a.stream(t, instance.ID)
	_, err := stream.Next()
	noError(t, err)
	close(a.closing)
	if frame, err := stream.Next(); err == nil {
		t.Errorf("a stream of a process that ends gives %+v", frame)
	}
}

// A beat comes back on the stream, and the instance counts as connected as long as its agent beats.
func TestBeatsKeepTheInstance(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		c := testutil.NewCluster(t)
		c.StartServer()
		agents := c.NewClient()
		defer agents.Close()
		instance, err := agents.Register(t.Context(), structs.ContainerInstance{Name: "host"})
		noError(t, err)
		stream, err := agents.Assignments(t.Context(), instance.ID, 0)
		noError(t, err)
		_, err = stream.Next()
		noError(t, err)
		go func() {
			for {
				if _, err := stream.Next(); err != nil {
					return
				}
			}
		}()
		for range 10 {
			time.Sleep(time.Second)
			_, err := agents.Beat(t.Context(), instance.ID)
			noError(t, err)
			snap, err := c.Control().Read(t.Context())
			noError(t, err)
			if !snap.Instance(instance.ID).AgentConnected {
				t.Error("an instance whose agent beats counts as disconnected")
			}
		}
		stream.Close()
		c.Eventually("the agent counts as disconnected", func() bool {
			snap, err := c.Control().Read(t.Context())
			return err == nil && !snap.Instance(instance.ID).AgentConnected
		})
	})
}
