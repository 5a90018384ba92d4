package httpapi_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/httpapi"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/agentlogs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// logsNode returns a node with one task, of the job web, whose agent keeps logs in memory.
func logsNode(t *testing.T) (*singlenode.Node, *agentlogs.Agents, structs.LogStream) {
	t.Helper()
	agents := agentlogs.New()
	node := singlenode.New(t, func(c *control.Config) { c.Agents = agents })
	node.AddInstance(t, structs.DefaultCluster, 4096, 4096)
	text := strings.Replace(jobText, "cluster: prod\n", "", 1)
	if w := askAs(t, node, `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, "POST", "/v1/jobs", text); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for task := range node.Store.Snapshot().AllTasks() {
		return node, agents, structs.LogStream{Instance: task.Instance, Cluster: task.Cluster, Task: task.ID, Container: "app"}
	}
	t.Fatal("there is no task")
	return nil, nil, structs.LogStream{}
}

// A follower whose server goes away goes on after its last line when a server is there again, and
// learns of it.
func TestFollowAcrossServers(t *testing.T) {
	node, agents, stream := logsNode(t)
	serve := func() (http.Handler, func()) {
		closing := make(chan struct{})
		return httpapi.New(httpapi.Config{Control: node.Control, Logger: slog.New(slog.DiscardHandler), Closing: closing}), func() { close(closing) }
	}
	first, stop := serve()
	var current atomic.Pointer[http.Handler]
	current.Store(&first)
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*current.Load()).ServeHTTP(w, r) }))
	defer door.Close()
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	got := make(chan structs.LogLine)
	ended := make(chan error, 1)
	go func() {
		c := client.New(client.Config{Address: door.URL})
		defer c.Close()
		ended <- c.Logs(ctx, structs.LogRequest{Cluster: stream.Cluster, Task: stream.Task, Follow: true}, func(l structs.LogLine) error {
			got <- l
			return nil
		})
	}()
	next := func(want string) {
		t.Helper()
		select {
		case l := <-got:
			if l.Message != want && (l.Note == "" || !strings.Contains(l.Note, want)) {
				t.Fatalf("got %+v, want %q", l, want)
			}
		case err := <-ended:
			t.Fatalf("the answer ended before %q: %v", want, err)
		case <-time.After(10 * time.Second):
			t.Fatalf("no line %q", want)
		}
	}
	next("has written nothing yet")
	for n, line := range []string{"a", "b"} {
		agents.Write(stream, structs.LogEvent{Time: structs.Time(n + 1), Message: line})
	}
	next("a")
	next("b")
	second, _ := serve()
	current.Store(&second)
	stop()
	next("the server went away; trying again")
	agents.Write(stream, structs.LogEvent{Time: 3, Message: "c"})
	next("c")
	leave()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that left got %v", err)
	}
}

// Reading what a task wrote needs the permission for its job.
func TestReadLogsResource(t *testing.T) {
	node, agents, stream := logsNode(t)
	agents.Write(stream, structs.LogEvent{Time: 1, Message: "secret"})
	read := func(job, body string) string {
		policy := `{"Statement":[{"Effect":"Allow","Action":"gantry:ReadLogs","Resource":"arn:aws:gantry:::job/` + job + `"}]}`
		return askAs(t, node, policy, "POST", "/v1/logs", body).Body.String()
	}
	body := `{"cluster": "default", "task": "` + stream.Task + `"}`
	if got := read("default/web", body); !strings.Contains(got, `"message":"secret"`) {
		t.Errorf("with permission: %s", got)
	}
	for name, got := range map[string]string{
		"another job":               read("default/db", body),
		"through another cluster":   read("dev/*", strings.Replace(body, "default", "dev", 1)),
		"a task that is not known":  read("default/web", `{"cluster": "default", "task": "f00"}`),
		"a service of another name": read("default/web", `{"cluster": "default", "service": "db"}`),
	} {
		if strings.Contains(got, "secret") || !strings.Contains(got, "is not authorized") && !strings.Contains(got, "there is no task") {
			t.Errorf("%s: %s", name, got)
		}
	}
	for body, want := range map[string]string{
		`{"task": "t"}`:    "cluster",
		`{"cluster": "c"}`: "either a task or a service",
		`{"cluster": "c", "task": "t", "tail": -1}`:                 "tail",
		`{"cluster": "c", "task": "t", "follow": true, "until": 1}`: "no end",
		`{"cluster": "c", "tsak": "t"}`:                             "tsak",
	} {
		if got := read("*", body); !strings.Contains(got, want) {
			t.Errorf("%s: %s", body, got)
		}
	}
}
