package access

import (
	"bytes"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// The audit log says who runs which command in which container, and never the token. A session is
// its caller's alone, and may be resumed without a permission of its own.
func TestCommandsAreAudited(t *testing.T) {
	s := newSecured(t)
	instance := s.AddInstance(t, "default", 1024, 1024)
	key := s.key(t, `{"Statement":{"Effect":"Allow","Action":["ecs:ExecuteCommand"],"Resource":"*"}}`)
	_, err := s.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
		Family: "app", ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", Image: "app", Memory: new(int32(64))}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	placed := must[control.Placed](t)(s.Control.RunTask(t.Context(), control.RunTaskInput{Job: structs.Job{
		Cluster: "default", TaskDefinition: "app", Count: 1, EnableExecuteCommand: true,
	}}))
	task := placed.Tasks[0].ID
	if err := s.Control.ReportTasks(t.Context(), instance.ID, 0, []structs.TaskUpdate{{
		Task: task, Status: structs.TaskRunning, Containers: []structs.Container{{Name: "app", LastStatus: structs.TaskRunning, RuntimeID: "r"}},
	}}); err != nil {
		t.Fatal(err)
	}
	out, err := s.sdk(key.ID, key.Secret, "").ExecuteCommand(t.Context(), &sdk.ExecuteCommandInput{
		Task: &task, Command: aws.String("cat /secret"), Interactive: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	log := must[[]byte](t)(os.ReadFile(s.audit))
	for _, want := range []string{
		`"action":"ecs:ExecuteCommand"`, `"who":"` + control.UserARN(&key.AccessKey), `"command":"cat /secret"`, `"container":"app"`, `"task":"` + task, *out.Session.SessionId,
	} {
		if !bytes.Contains(log, []byte(want)) {
			t.Errorf("the audit log lacks %s: %s", want, log)
		}
	}
	if bytes.Contains(log, []byte(*out.Session.TokenValue)) {
		t.Error("the audit log has the token")
	}
	ticket, err := s.Control.OpenExec(*out.Session.SessionId, *out.Session.TokenValue)
	if err != nil || ticket.Who != control.UserARN(&key.AccessKey) || ticket.Command[1] != "/secret" {
		t.Errorf("the token says %+v, %v", ticket, err)
	}
	if _, err := s.Control.OpenExec(*out.Session.SessionId+"x", *out.Session.TokenValue); err == nil {
		t.Error("the token opens another session")
	}
}
