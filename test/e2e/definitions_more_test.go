package e2e

import (
	"encoding/json"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/testutil"
)

// What describe-task-definition prints is registered as it is by programs that send it on: members
// that only answers have are ignored, and the new revision is described with the same content. It
// is for ARM64, and gantry dev runs it on any machine.
func describedDefinition(t *testing.T, d *dev) {
	text := definition(t, "described")
	var sent map[string]any
	if err := json.Unmarshal([]byte(text), &sent); err != nil {
		t.Fatal(err)
	}
	var answer struct{ TaskDefinition map[string]any }
	status, body := d.post(t, "RegisterTaskDefinition", text)
	if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s, error %v", status, body, err)
	}
	got := answer.TaskDefinition
	if got["revision"] != 1.0 || got["registeredBy"] == sent["registeredBy"] || got["taskDefinitionArn"] == sent["taskDefinitionArn"] {
		t.Errorf("the answer has members of what was sent: %s", body)
	}
	for _, name := range []string{"family", "networkMode", "cpu", "memory", "requiresCompatibilities", "runtimePlatform", "ephemeralStorage", "volumes"} {
		if want, is := asJSON(t, sent[name]), asJSON(t, got[name]); is != want {
			t.Errorf("%s is %s, sent was %s", name, is, want)
		}
	}
	task := d.start("--task-definition", "described", "--launch-type", "FARGATE", "--network-configuration", inPublicSubnet)
	if task.EphemeralStorage == nil || task.EphemeralStorage.SizeInGiB != 25 {
		t.Errorf("ephemeral storage is %+v", task.EphemeralStorage)
	}
	if page := page(t, address(t, task)); !strings.HasPrefix(page, "Hello from ") {
		t.Errorf("the task says %q", page)
	}
	d.stopTask(deref(task.TaskArn))
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Where a job with networks of its own finds no room, the plan says why, and what would help.
func noRoomForNetwork(t *testing.T, d *dev) {
	file := "name: big\ncount: 1\nnetworkMode: awsvpc\nnetwork: {subnets: [subnet-1]}\ncontainers:\n- {name: app, image: " + testutil.AppImage +
		", cpu: 1048576, memory: 16}\n"
	cmd := exec.CommandContext(t.Context(), gantry, "plan", "--job", "-", "--address", d.address)
	cmd.Stdin = strings.NewReader(file)
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 2 {
		t.Fatalf("gantry plan ends with %v:\n%s", err, out)
	}
	for _, want := range []string{"RESOURCE:CPU", "the task needs 1048576", "more CPU units on container instance "} {
		if !strings.Contains(string(out), want) {
			t.Errorf("gantry plan says nothing of %q:\n%s", want, out)
		}
	}
}
