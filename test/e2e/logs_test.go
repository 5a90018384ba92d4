package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// logs runs "aws logs" and decodes what it prints.
func (d *dev) logs(out any, args ...string) {
	d.t.Helper()
	text, err := d.awsCLI(append([]string{"logs"}, args...)...)
	if err != nil {
		d.t.Fatalf("aws logs %s: %v\n%s", strings.Join(args, " "), err, text)
	}
	if out != nil {
		if err := json.Unmarshal([]byte(text), out); err != nil {
			d.t.Fatalf("aws logs %s printed no JSON: %v\n%s", strings.Join(args, " "), err, text)
		}
	}
}

// awslogs makes a container write to a log group.
func awslogs(c types.ContainerDefinition, group string) types.ContainerDefinition {
	c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
		"awslogs-group": group, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p",
	}}
	return c
}

// events is an answer with events.
type events struct {
	Events []struct {
		Message, EventID, LogStreamName string
		Timestamp                       int64
	}
	NextToken, NextForwardToken, NextBackwardToken string
}

func (e events) messages() string {
	var list []string
	for _, event := range e.Events {
		list = append(list, event.Message)
	}
	return strings.Join(list, " ")
}

// The aws CLI reads what containers write with awslogs, while they run and
// after their task is gone.
func TestAwsLogs(t *testing.T) {
	d := startDev(t)
	first, other := awslogs(app("app", "print", "one", "two ERROR", "three"), "/ecs/made"), awslogs(app("other", "print", "4", "5"), "/ecs/made")
	other.Essential = aws.Bool(false)
	first.DependsOn = []types.ContainerDependency{{ContainerName: aws.String("other"), Condition: types.ContainerConditionComplete}}
	task := d.run(d.family(first, other))
	d.await(task, "STOPPED")
	id := task[strings.LastIndex(task, "/")+1:]
	var groups struct {
		LogGroups []struct{ LogGroupName string }
	}
	d.logs(&groups, "describe-log-groups", "--log-group-name-prefix", "/ecs/")
	if len(groups.LogGroups) != 1 || groups.LogGroups[0].LogGroupName != "/ecs/made" {
		t.Fatalf("gantry dev makes the log groups of tasks; there are %+v", groups)
	}
	var streams struct {
		LogStreams []struct {
			LogStreamName                                         string
			CreationTime, FirstEventTimestamp, LastEventTimestamp int64
		}
	}
	d.logs(&streams, "describe-log-streams", "--log-group-name", "/ecs/made", "--order-by", "LogStreamName")
	if len(streams.LogStreams) != 2 || streams.LogStreams[0].LogStreamName != "p/app/"+id || streams.LogStreams[0].LastEventTimestamp == 0 {
		t.Fatalf("streams: %+v", streams)
	}
	var got, again events
	d.logs(&got, "get-log-events", "--log-group-name", "/ecs/made", "--log-stream-name", "p/app/"+id, "--start-from-head")
	if got.messages() != "one two ERROR three" {
		t.Errorf("get-log-events: %s", got.messages())
	}
	d.logs(&again, "get-log-events", "--log-group-name", "/ecs/made", "--log-stream-name", "p/app/"+id, "--start-from-head", "--next-token", got.NextForwardToken)
	if again.messages() != "" || again.NextForwardToken != got.NextForwardToken {
		t.Errorf("at the end there are %q, and the token is %s, was %s", again.messages(), again.NextForwardToken, got.NextForwardToken)
	}
	d.logs(&got, "filter-log-events", "--log-group-name", "/ecs/made", "--filter-pattern", `ERROR`)
	if got.messages() != "two ERROR" {
		t.Errorf("filter-log-events: %s", got.messages())
	}
	d.logs(&got, "filter-log-events", "--log-group-name", "/ecs/made", "--page-size", "2") // the CLI reads all pages
	if len(got.Events) != 5 {
		t.Errorf("pages of two: %s", got.messages())
	}
}

// The aws CLI manages log groups, with retention and tags.
func TestAwsLogGroups(t *testing.T) {
	d := startDev(t)
	var groups struct {
		LogGroups []struct {
			LogGroupName, Arn string
			RetentionInDays   int
		}
	}
	d.logs(nil, "create-log-group", "--log-group-name", "/ecs/mine", "--tags", "team=a")
	d.logs(nil, "put-retention-policy", "--log-group-name", "/ecs/mine", "--retention-in-days", "7")
	d.logs(&groups, "describe-log-groups", "--log-group-name-prefix", "/ecs/mine")
	if len(groups.LogGroups) != 1 || groups.LogGroups[0].RetentionInDays != 7 {
		t.Errorf("groups: %+v", groups)
	}
	var tags struct{ Tags map[string]string }
	d.logs(&tags, "list-tags-for-resource", "--resource-arn", strings.TrimSuffix(groups.LogGroups[0].Arn, ":*"))
	if tags.Tags["team"] != "a" {
		t.Errorf("tags: %+v", tags)
	}
	if text, err := d.awsCLI("logs", "create-log-group", "--log-group-name", "/ecs/mine"); err == nil || !strings.Contains(text, "ResourceAlreadyExistsException") {
		t.Errorf("the same group again: %s", text)
	}
	d.logs(nil, "delete-log-group", "--log-group-name", "/ecs/mine")
	if text, err := d.awsCLI("logs", "get-log-events", "--log-group-name", "/ecs/mine", "--log-stream-name", "s"); err == nil || !strings.Contains(text, "The specified log group does not exist") {
		t.Errorf("a deleted group: %s", text)
	}
}

// follower is a running "gantry … logs -f".
type follower struct {
	t   *testing.T
	cmd *exec.Cmd
	mu  sync.Mutex
	out []string
	err logBuffer
	end chan struct{}
}

func (d *dev) follow(args ...string) *follower {
	d.t.Helper()
	f := &follower{t: d.t, cmd: exec.Command(gantry, append(args, "--address", d.address)...), end: make(chan struct{})}
	f.cmd.Stderr = &f.err
	out, err := f.cmd.StdoutPipe()
	if err == nil {
		err = f.cmd.Start()
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = f.cmd.Process.Kill() })
	go func() {
		defer close(f.end)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			f.mu.Lock()
			f.out = append(f.out, lines.Text())
			f.mu.Unlock()
		}
	}()
	return f
}

// await waits until the follower has so many lines, and returns them.
func (f *follower) await(count int) []string {
	f.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		f.mu.Lock()
		lines := f.out
		f.mu.Unlock()
		if len(lines) >= count {
			return lines
		}
	}
	f.t.Fatalf("%d lines, waited for %d; stderr: %s", len(f.out), count, f.err.String())
	return nil
}

// A follower goes on after a kill -9 of the server and the agent, without a line lost or doubled,
// and ends with the task. What the task wrote can be read when its containers are gone.
func TestFollowAcrossAKill(t *testing.T) {
	dir := t.TempDir()
	d := startDev(t, "--data-dir", dir)
	removeAtEnd(t, d.instance())
	const count = 600
	task := d.run(d.family(app("app", "lines", fmt.Sprint(count), "60", "10ms")))
	f := d.follow("task", "logs", "-f", task)
	f.await(100)
	port := d.address[strings.LastIndex(d.address, ":")+1:]
	d.kill()
	d = startDev(t, "--data-dir", dir, "--http-addr", "127.0.0.1:"+port)
	d.await(task, "STOPPED")
	lines := f.await(count)
	select {
	case <-f.end:
	case <-time.After(patience):
		t.Error("the follower does not end with the task")
	}
	if err := f.cmd.Wait(); err != nil || len(lines) != count || !strings.Contains(f.err.String(), "gantry: the server went away; trying again") {
		t.Errorf("%d lines, want %d; %v; stderr: %s", len(lines), count, err, f.err.String())
	}
	for n, line := range lines {
		if !strings.HasPrefix(line, fmt.Sprintf("%010d ", n)) {
			t.Fatalf("line %d is %.20s", n, line)
		}
	}
	out, err := exec.Command(gantry, "task", "logs", "--tail", "2", task, "--address", d.address).Output()
	if err != nil || !strings.HasPrefix(string(out), "0000000598 ") || strings.Count(string(out), "\n") != 2 {
		t.Errorf("the last two lines: %q, %v", out, err)
	}
}

// The tasks of a service are read together; what goes to stderr is kept apart.
func TestServiceLogs(t *testing.T) {
	d := startDev(t)
	talks, complains := app("talks", "lines", "1000000", "40", "20ms"), app("complains", "lines")
	complains.Essential = aws.Bool(false)
	family := d.family(talks, complains)
	d.aws(nil, "create-service", "--service-name", "web", "--task-definition", family, "--desired-count", "2")
	f := d.follow("service", "logs", "-f", "web", "--prefix")
	tasks := map[string]bool{}
	for deadline := time.Now().Add(patience); len(tasks) < 2 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		for _, line := range f.await(1) {
			prefix, _, _ := strings.Cut(line, " | ")
			if !strings.HasPrefix(prefix, "talks/") {
				t.Fatalf("line %q", line)
			}
			tasks[prefix] = true
		}
	}
	for deadline := time.Now().Add(patience); !strings.Contains(f.err.String(), "lines N SIZE") && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}
	if len(tasks) != 2 {
		t.Errorf("lines of %v", tasks)
	}
	_ = f.cmd.Process.Signal(syscall.SIGINT)
	<-f.end
	if err := f.cmd.Wait(); err != nil {
		t.Errorf("a follower that is interrupted ends with %v", err)
	}
	if !strings.Contains(f.err.String(), "complains/") || !strings.Contains(f.err.String(), "lines N SIZE") {
		t.Errorf("stderr has %q", f.err.String())
	}
	if out, err := exec.Command(gantry, "service", "logs", "none", "--address", d.address).CombinedOutput(); err == nil || !strings.Contains(string(out), "there is no service none in cluster default") {
		t.Errorf("a service that is not there: %s", out)
	}
}
