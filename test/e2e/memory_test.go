package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestChildOutOfMemory: a process of the container, but not its first, is killed for lack of
// memory, and the container ends with 0. The reason is the same whether that was seen live or
// learned later. There is none if somebody asked for the end.
func TestChildOutOfMemory(t *testing.T) {
	dir := t.TempDir()
	d := startDev(t, "--data-dir", dir)
	removeAtEnd(t, d.instance())
	run := func(after string) (arn string) { return d.run(d.family(app("main", "outlive", after, "alloc", "64"))) }

	wantReason(t, d.await(run("1s"), "STOPPED"), "OutOfMemoryError")

	asked := run("1h")
	awaitChildKilled(t, d, asked)
	wantReason(t, d.stopTask(asked), "")

	restarted, away := run("5s"), run("5s")
	awaitChildKilled(t, d, restarted)
	id := awaitChildKilled(t, d, away)
	d.kill()
	eventually(t, "the container ends", func() bool { return docker(t, "inspect", "-f", "{{.State.Running}}", id) == "false" })
	d = startDev(t, "--data-dir", dir)
	wantReason(t, d.await(restarted, "STOPPED"), "OutOfMemoryError")
	wantReason(t, d.await(away, "STOPPED"), "OutOfMemoryError")
}

// awaitChildKilled waits until a task's child is dead. (An engine reports it only once the
// container has ended.)
func awaitChildKilled(t *testing.T, d *dev, arn string) (id string) {
	t.Helper()
	id = aws.ToString(d.await(arn, "RUNNING").Containers[0].RuntimeId)
	eventually(t, "a child is killed", func() bool { return strings.Contains(docker(t, "logs", id), "signal: killed") })
	return id
}

func wantReason(t *testing.T, task types.Task, want string) {
	t.Helper()
	c := task.Containers[0]
	if got := aws.ToString(c.Reason); aws.ToInt32(c.ExitCode) != 0 || c.ExitCode == nil || !strings.HasPrefix(got, want) || want == "" && got != "" {
		t.Errorf("exit code %v, reason %q; want 0 and %q", c.ExitCode, got, want)
	}
}
