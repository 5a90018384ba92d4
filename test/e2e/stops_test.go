package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func stopTimeout(t *testing.T, d *dev) {
	deaf := app("deaf", "ignore-term")
	deaf.StopTimeout = aws.Int32(1)
	deaf.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
	arn := d.run(d.family(deaf))
	// It ignores SIGTERM from now on.
	get(t, hostPort(t, container(t, d.await(arn, "RUNNING"), "deaf"), 80), "/")
	if code := d.stopTask(arn).Containers[0].ExitCode; aws.ToInt32(code) != 137 {
		t.Errorf("exit code %v, want 137", code)
	}
}

func outOfMemory(t *testing.T, d *dev) {
	task := d.await(d.run(d.family(app("main", "alloc", "64"))), "STOPPED")
	c := task.Containers[0]
	if aws.ToInt32(c.ExitCode) != 137 || !strings.HasPrefix(aws.ToString(c.Reason), "OutOfMemoryError") {
		t.Errorf("exit code %d, reason %q", aws.ToInt32(c.ExitCode), aws.ToString(c.Reason))
	}
}

func noImage(t *testing.T, d *dev) {
	c := app("main")
	c.Image = aws.String("127.0.0.1:1/gantry/no-such-image:1")
	failsToStart(t, d, c, "CannotPullContainerError")
}

func noCommand(t *testing.T, d *dev) {
	c := app("main")
	c.EntryPoint = []string{"/no/such/command"}
	failsToStart(t, d, c, "CannotStartContainerError")
}

func failsToStart(t *testing.T, d *dev, c types.ContainerDefinition, reason string) {
	t.Helper()
	task := d.await(d.run(d.family(c)), "STOPPED")
	if task.StopCode != types.TaskStopCodeTaskFailedToStart || !strings.Contains(aws.ToString(task.StoppedReason), reason) {
		t.Errorf("stopped with %s, %q; want TaskFailedToStart, %s", task.StopCode, aws.ToString(task.StoppedReason), reason)
	}
	if got := aws.ToString(task.Containers[0].Reason); !strings.HasPrefix(got, reason) {
		t.Errorf("the container's reason is %q, want %s", got, reason)
	}
}

func times(t *testing.T, d *dev) {
	arn := d.run(d.family(app("main", "sleep")))
	running := d.await(arn, "RUNNING")
	if running.StartedAt == nil || running.PullStartedAt == nil || running.PullStoppedAt == nil || running.StoppedAt != nil {
		t.Errorf("times of a running task: %+v", running)
	}
	task := d.stopTask(arn)
	order := []struct {
		name string
		at   *time.Time
	}{
		{"createdAt", task.CreatedAt}, {"pullStartedAt", task.PullStartedAt}, {"pullStoppedAt", task.PullStoppedAt}, {"startedAt", task.StartedAt},
		{"stoppingAt", task.StoppingAt}, {"executionStoppedAt", task.ExecutionStoppedAt}, {"stoppedAt", task.StoppedAt},
	}
	for i, o := range order {
		if o.at == nil {
			t.Errorf("%s is missing", o.name)
		} else if i > 0 && order[i-1].at != nil && o.at.Before(*order[i-1].at) {
			t.Errorf("%s %v is before %s %v", o.name, o.at, order[i-1].name, order[i-1].at)
		}
	}
	if aws.ToString(task.DesiredStatus) != "STOPPED" || task.Version <= running.Version {
		t.Errorf("desired %s, version %d after %d", aws.ToString(task.DesiredStatus), task.Version, running.Version)
	}
}
