package logs

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/agentlogs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// begin is a time shortly before the clock of the node in tests.
const begin = 1_767_225_540_000

// api is the door to a cluster of one instance, whose agent keeps logs in memory.
type api struct {
	*singlenode.Node
	t        *testing.T
	agents   *agentlogs.Agents
	door     *protocol.Router
	caller   *control.Caller
	instance string
}

func newAPI(t *testing.T) *api {
	t.Helper()
	a := &api{t: t, agents: agentlogs.New()}
	a.Node = singlenode.New(t, func(c *control.Config) { c.Agents = a.agents })
	a.SetStep(time.Millisecond)
	a.instance = a.AddInstance(t, structs.DefaultCluster, 4096, 4096).ID
	a.door = &protocol.Router{Services: []protocol.Service{New(a.Control)}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	return a
}

// answer is an answer as clients read it.
type answer struct {
	Type, Message string

	LogGroups          []LogGroup
	LogStreams         []LogStream
	Events             []FilteredLogEvent
	Tags               map[string]string
	NextToken          string
	NextForwardToken   string
	NextBackwardToken  string
	SearchedLogStreams []SearchedLogStream
}

// call calls an operation, and expects that it succeeds.
func (a *api) call(operation, body string, args ...any) answer {
	a.t.Helper()
	out, status := a.ask(operation, body, args...)
	if status != http.StatusOK {
		a.t.Fatalf("%s %s: %d %s %s", operation, fmt.Sprintf(body, args...), status, out.Type, out.Message)
	}
	return out
}

func (a *api) ask(operation, body string, args ...any) (out answer, status int) {
	a.t.Helper()
	r := httptest.NewRequestWithContext(a.t.Context(), http.MethodPost, "/", strings.NewReader(fmt.Sprintf(body, args...)))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Logs_20140328."+operation)
	if a.caller != nil {
		r = r.WithContext(control.WithCaller(r.Context(), a.caller))
	}
	w := httptest.NewRecorder()
	a.door.ServeHTTP(w, r)
	var raw struct {
		answer
		Type string `json:"__type"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &raw); err != nil {
		a.t.Fatalf("%s: %s: %v", operation, w.Body, err)
	}
	raw.answer.Type = raw.Type
	return raw.answer, w.Code
}

// refused expects the refusal of a call.
func (a *api) refused(code, text, operation, body string, args ...any) {
	a.t.Helper()
	if out, status := a.ask(operation, body, args...); status == http.StatusOK || out.Type != code || !strings.Contains(out.Message, text) {
		a.t.Errorf("%s %s: %d %s %q; want %s with %q", operation, fmt.Sprintf(body, args...), status, out.Type, out.Message, code, text)
	}
}

// oldGroup creates a log group that is older than the tasks in state, with a task that writes to
// it.
func (a *api) oldGroup(name string) {
	a.t.Helper()
	_, err := a.Control.RegisterTaskDefinition(a.t.Context(), structs.TaskDefinition{
		Family: "web", ContainerDefinitions: []structs.ContainerDefinition{{
			Name: "app", Image: "app", Memory: new(int32(16)),
			LogConfiguration: &structs.LogConfiguration{LogDriver: "awslogs", Options: map[string]string{"awslogs-group": name, "awslogs-region": "us-east-1"}},
		}},
	}, nil)
	if err == nil {
		_, err = a.Control.RunTask(a.t.Context(), control.RunTaskInput{Job: structs.Job{Cluster: structs.DefaultCluster, TaskDefinition: "web", Count: 1}})
	}
	if err != nil {
		a.t.Fatal(err)
	}
	a.MustApply(a.t, structs.PutLogGroups{Groups: []structs.LogGroup{{Name: name, CreatedAt: begin - 24*60*60*1000}}})
}

// write adds events to a stream of a log group, at numbers of milliseconds after begin.
func (a *api) write(group, stream string, messages map[int]string) {
	for at := range 10_000 {
		if message, ok := messages[at]; ok {
			a.agents.Write(structs.LogStream{
				Instance: a.instance, Group: group, Name: stream, Task: "t-" + stream, Container: "app", CreatedAt: begin, Cluster: structs.DefaultCluster,
			}, structs.LogEvent{Time: begin + structs.Time(at), Ingested: begin + structs.Time(at) + 5, Message: message})
		}
	}
}

func messages(events []FilteredLogEvent) string {
	var list []string
	for _, e := range events {
		list = append(list, e.Message)
	}
	return strings.Join(list, " ")
}
