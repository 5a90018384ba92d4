package httpapi_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/httpapi"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// Every refusal of a data channel is a message in words, after the upgrade: AWS's plugin shows
// nothing else. Headers of a signature change nothing, as only the token counts.
func TestDataChannelRefusesInWords(t *testing.T) {
	node := singlenode.New(t)
	instance := node.AddInstance(t, "default", 1024, 1024)
	_, err := node.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
		Family: "app", ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", Image: "app", Memory: new(int32(64))}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	placed, err := node.Control.RunTask(t.Context(), control.RunTaskInput{Job: structs.Job{
		Cluster: "default", TaskDefinition: "app", Count: 1, EnableExecuteCommand: true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	task := placed.Tasks[0].ID
	if err := node.Control.ReportTasks(t.Context(), instance.ID, 0, []structs.TaskUpdate{{
		Task: task, Status: structs.TaskRunning, Containers: []structs.Container{{Name: "app", LastStatus: structs.TaskRunning, RuntimeID: "r"}},
	}}); err != nil {
		t.Fatal(err)
	}
	session, err := node.Control.StartExec(t.Context(), task, structs.ExecRequest{Cluster: "default", Command: []string{"sh"}}, false)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(httpapi.New(httpapi.Config{Control: node.Control, Logger: slog.New(slog.DiscardHandler)}))
	defer server.Close()
	ask := func(id, first string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		signed := http.Header{"Authorization": {"AWS4-HMAC-SHA256 Credential=AKIA/20261130/us-east-1/ssmmessages/aws4_request, SignedHeaders=host, Signature=00"}}
		conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(server.URL, "http")+"/v1/data-channel/"+id+"?role=publish_subscribe", &websocket.DialOptions{HTTPHeader: signed})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
		if err := conn.Write(ctx, websocket.MessageText, []byte(first)); err != nil {
			t.Fatal(err)
		}
		_, raw, err := conn.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := conn.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure && err != io.EOF {
			t.Errorf("it is not closed after the refusal: %v", err)
		}
		return string(raw)
	}
	token := `{"TokenValue":"` + session.Token + `","ClientId":"c"}`
	for name, test := range map[string]struct{ id, first, says string }{
		"no token":        {session.SessionID, `{}`, "the token of the session is not valid"},
		"no JSON":         {session.SessionID, `hello`, "The client did not show the token"},
		"of another":      {session.SessionID + "0", token, "the token of the session is not valid"},
		"agent is absent": {session.SessionID, token, "The command cannot be run: agents cannot be called here."},
	} {
		if raw := ask(test.id, test.first); !strings.Contains(raw, "channel_closed") || !strings.Contains(raw, `"Output":"`+test.says) {
			t.Errorf("%s: %q, want %q", name, raw, test.says)
		}
	}
}
