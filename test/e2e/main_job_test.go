package e2e

import (
	"os"
	"strings"
	"testing"
)

// TestMainJob does what `make demo` does: the founding document's task definition, through the aws
// command line.
func TestMainJob(t *testing.T) {
	d := startDev(t)
	raw, err := os.ReadFile("../../examples/hello-server.json")
	if err != nil {
		t.Fatal(err)
	}
	definition := strings.Replace(string(raw), "gantry-demo/hello-server:latest", "gantry-test/app:latest", 1)
	var registered struct {
		TaskDefinition struct{ TaskDefinitionArn, Status string }
	}
	d.aws(&registered, "register-task-definition", "--cli-input-json", definition)
	if want := "arn:aws:ecs:us-east-1:000000000000:task-definition/hello-server:1"; registered.TaskDefinition.TaskDefinitionArn != want {
		t.Fatalf("registered %s, want %s", registered.TaskDefinition.TaskDefinitionArn, want)
	}
	var ran struct {
		Tasks    []struct{ TaskArn, LastStatus string }
		Failures []any
	}
	d.aws(&ran, "run-task", "--task-definition", "hello-server")
	if len(ran.Tasks) != 1 || ran.Failures == nil {
		t.Fatalf("run-task: %+v", ran)
	}
	arn := ran.Tasks[0].TaskArn
	d.aws(nil, "wait", "tasks-running", "--tasks", arn)
	task := d.describe(arn)
	if page := get(t, hostPort(t, container(t, task, "hello-server"), 80), "/"); !strings.HasPrefix(page, "Hello") {
		t.Fatalf("page: %q", page)
	}
	d.aws(nil, "stop-task", "--task", arn, "--reason", "seen enough")
	d.aws(nil, "wait", "tasks-stopped", "--tasks", arn)
	stopped := d.describe(arn)
	if string(stopped.StopCode) != "UserInitiated" || *stopped.StoppedReason != "seen enough" || *stopped.Containers[0].ExitCode != 0 {
		t.Fatalf("stopped: %s, %q, exit code %v", stopped.StopCode, *stopped.StoppedReason, stopped.Containers[0].ExitCode)
	}
	instance := d.instance()
	d.stop()
	if left := containersOf(t, instance); len(left) > 0 {
		t.Fatalf("containers are left behind: %v", left)
	}
}
