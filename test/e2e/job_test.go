package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// job runs "gantry job" with a file on its standard input, and returns what it printed and its exit
// status.
func (d *dev) job(file string, args ...string) (out string, status int) {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), gantry, append([]string{"job"}, append(args, "--address", d.address)...)...)
	cmd.Stdin = strings.NewReader(file)
	both := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = both, both
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		d.t.Fatal(err)
	}
	return both.String(), cmd.ProcessState.ExitCode()
}

// says runs "gantry job" and checks its exit status and that it prints all of these.
func (d *dev) says(file string, status int, args []string, wanted ...string) {
	d.t.Helper()
	out, got := d.job(file, args...)
	if got != status {
		d.t.Fatalf("gantry job %s ends with %d, not %d:\n%s", strings.Join(args, " "), got, status, out)
	}
	for _, want := range wanted {
		if !strings.Contains(out, want) {
			d.t.Errorf("gantry job %s says nothing of %q:\n%s", strings.Join(args, " "), want, out)
		}
	}
}

// TestJobFromAFile takes a file the whole way on real containers: run, run again, changed, seen by
// ECS's calls, broken, stopped.
func TestJobFromAFile(t *testing.T) {
	d := startDev(t)
	file := func(greeting string) string {
		return fmt.Sprintf(`
name: site
count: 2
containers:
  - name: app
    image: %s
    memory: 16
    portMappings: [{containerPort: 80}]
    environment: {GREETING: %s}
update: {minimumHealthyPercent: 50, circuitBreaker: true, rollback: true}
`, testutil.AppImage, greeting)
	}
	d.says(file("hello"), 0, []string{"plan", "-"}, "would be created: version 1, task definition site:1", "2 tasks start")
	d.says(file("hello"), 0, []string{"run", "-", "--wait"}, "is created: version 1", "2 of 2 running, deployment COMPLETED")
	d.says(file("hello"), 0, []string{"run", "-", "--wait"}, "is unchanged: version 1, task definition site:1")
	d.says(file("hi"), 0, []string{"run", "-", "--wait"}, "is updated: version 2, task definition site:2", `containers[app].environment[GREETING].value   "hello" -> "hi"`)

	s := &service{d, "site"}
	if shown := s.describe(); shown.RunningCount != 2 || !strings.HasSuffix(aws.ToString(shown.TaskDefinition), "/site:2") {
		t.Errorf("ECS sees %d running of %s", shown.RunningCount, aws.ToString(shown.TaskDefinition))
	}
	s.update(func(in *ecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(1) })
	s.stable()
	d.says("", 0, []string{"status", "site"}, "Service site in cluster default: ACTIVE, version 3, task definition site:2", "1 of 1 running", "has reached a steady state")

	broken := strings.Replace(file("hi"), "memory: 16", `memory: 16, entryPoint: [/no/such/command]`, 1)
	broken = strings.Replace(broken, "    memory: 16, entryPoint", "    memory: 16\n    entryPoint", 1)
	d.says(broken, 1, []string{"run", "-", "--wait"}, "the deployment of job site failed", "CannotStartContainerError")
	d.says(strings.Replace(file("hi"), "image", "imgae", 1), 1, []string{"run", "-"}, "standard input: line 6: containers[0].imgae: there is no such field; did you mean image?")

	d.says("", 0, []string{"stop", "site"}, "Service site is being stopped.")
	s.inactive()
	d.says("", 0, []string{"stop", "site"}, "Service site has already ended")
}

// TestJobThatNeverComesUp: a job whose tasks end soon after their start was never up, even if
// nothing ends its rollout.
func TestJobThatNeverComesUp(t *testing.T) {
	d := startDev(t)
	file := fmt.Sprintf(`{"name": "site", "containers": [{"name": "app", "image": %q, "memory": 16, "command": ["exit", "1", "300ms"]}]}`, testutil.AppImage)
	d.says(file, 1, []string{"run", "-", "--wait"}, "job site does not come up: 3 failed tasks", "(app: exit code 1)", "it has no circuit breaker")
}

func TestBatchJobFromAFile(t *testing.T) {
	d := startDev(t)
	file := func(code int) string {
		return fmt.Sprintf(`{"name": "sums", "type": "batch", "count": 3, "parallelism": 2, "attempts": 1,
			"containers": [{"name": "app", "image": %q, "memory": 16, "command": ["exit", "%d"]}]}`, testutil.AppImage, code)
	}
	d.says(file(0), 0, []string{"run", "-", "--wait"}, "is created: version 1, task definition sums:1", "3 of 3 succeeded")
	d.says(file(4), 1, []string{"run", "-", "--wait"}, "is created: version 2, task definition sums:2", "job sums failed: 0 of 3 succeeded, 3 failed", "(app: exit code 4)")
	out, status := d.job("", "status", "sums", "-o", "json")
	var detail structs.JobDetail
	if err := json.Unmarshal([]byte(out), &detail); err != nil || status != 0 {
		t.Fatal(err, out)
	}
	if len(detail.Versions) != 2 || len(detail.Tasks) != 3 || detail.Job.Status != structs.BatchFailed || detail.Spec.Attempts != 1 {
		t.Errorf("the job is %s", out)
	}
	list, err := d.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Family: aws.String("sums"), DesiredStatus: "STOPPED"})
	if err != nil || len(list.TaskArns) != 6 {
		t.Errorf("ECS lists %v, %v", list, err)
	}
}
