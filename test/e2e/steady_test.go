package e2e

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil"
)

var rounds = flag.Int("rounds", 3, "how many tasks TestKilledWithEverything has, each with three kills")

// ownRange is not the default range, which other packages' tests use on the same machine.
const ownRange = "10.214.0.0/16"

// everything is a task with all that an agent makes for one: a network, volumes, a cgroup with
// limits, containers in an order, one that is restarted, a secret, keys of a role, a log.
const everything = `{"family": "everything", "networkMode": "awsvpc", "cpu": "128", "memory": "128", "pidMode": "task",
	"taskRoleArn": "arn:aws:iam::123456789012:role/work", "executionRoleArn": "arn:aws:iam::123456789012:role/exec",
	"volumes": [{"name": "scratch"}, {"name": "own", "dockerVolumeConfiguration": {"scope": "task"}}],
	"containerDefinitions": [
		{"name": "init", "image": "IMAGE", "essential": false, "command": ["write", "/data/file"],
			"mountPoints": [{"sourceVolume": "scratch", "containerPath": "/data"}]},
		{"name": "web", "image": "IMAGE", "command": ["serve"], "memory": 64, "dependsOn": [{"containerName": "init", "condition": "SUCCESS"}],
			"restartPolicy": {"enabled": true, "restartAttemptPeriod": 60},
			"mountPoints": [{"sourceVolume": "own", "containerPath": "/own"}]},
		{"name": "side", "image": "IMAGE", "command": ["lines", "100000", "60", "2ms"], "secrets": [{"name": "KEY", "valueFrom": "/kept"}],
			"logConfiguration": {"logDriver": "awslogs", "options": {
				"awslogs-group": "/kept", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p", "awslogs-create-group": "true", "mode": "blocking"}},
			"dependsOn": [{"containerName": "web", "condition": "START"}],
			"volumesFrom": [{"sourceContainer": "init", "readOnly": true}]}]}`

// TestKilledWithEverything kills gantry dev at random moments while a task starts, while it runs,
// and while it stops. The next process finds all of it: nothing is doubled, and nothing is left
// once the task has ended.
func TestKilledWithEverything(t *testing.T) {
	needTaskNetwork(t)
	k := &killed{T: t, dir: t.TempDir()}
	k.start()
	k.instance = k.d.instance()
	k.d.putKept()
	k.d.aws(nil, "register-task-definition", "--cli-input-json", strings.ReplaceAll(everything, "IMAGE", testutil.AppImage))
	k.d.stopTask(k.d.runEverything()) // spare pauses come with the first task
	for range *rounds {
		k.round()
		if t.Failed() {
			return
		}
	}
	k.await("only the agent's own things are left", func() []string { return thingsOf(t, k.instance).ofTasks() })
	k.d.kill()
	k.endForgotten()
}

// killed is a gantry dev that is killed again and again.
type killed struct {
	*testing.T
	dir, instance string
	d             *dev
}

func (k *killed) start() {
	k.Helper()
	k.d = startDev(k.T, "--data-dir", k.dir, "--task-cleanup-wait", "1s", "--spare-pauses", "2", "--task-network", ownRange)
}

// runEverything runs the task, and returns its ARN.
func (d *dev) runEverything() string {
	d.t.Helper()
	out, err := d.ecs.RunTask(d.t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("everything"), NetworkConfiguration: &types.NetworkConfiguration{
		AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}},
	}})
	if err != nil || len(out.Tasks) != 1 {
		d.t.Fatalf("not placed: %v, %+v", err, out)
	}
	return aws.ToString(out.Tasks[0].TaskArn)
}

// killWithin kills the process at a random moment, and starts another.
func (k *killed) killWithin(longest time.Duration) {
	k.Helper()
	moment := rand.N(longest)
	time.Sleep(moment)
	k.d.kill()
	k.Logf("killed after %v", moment)
	k.start()
}

func (k *killed) round() {
	k.Helper()
	arn := k.d.runEverything()
	k.killWithin(1500 * time.Millisecond)
	before := k.d.await(arn, "RUNNING")
	k.isWhole(before)
	k.killWithin(300 * time.Millisecond)
	after := k.d.await(arn, "RUNNING")
	k.isWhole(after)
	for _, c := range before.Containers {
		if is := container(k.T, after, aws.ToString(c.Name)); aws.ToString(is.RuntimeId) != aws.ToString(c.RuntimeId) {
			k.Errorf("container %s is %s, was %s", aws.ToString(c.Name), aws.ToString(is.RuntimeId), aws.ToString(c.RuntimeId))
		}
	}
	if addressOf(k.T, before) != addressOf(k.T, after) {
		k.Errorf("the address is %s, was %s", addressOf(k.T, after), addressOf(k.T, before))
	}
	if _, err := k.d.ecs.StopTask(k.Context(), &ecs.StopTaskInput{Task: aws.String(arn)}); err != nil {
		k.Fatal(err)
	}
	k.killWithin(1500 * time.Millisecond)
	k.d.await(arn, "STOPPED")
	k.hasWholeLog(arn)
}

// isWhole checks that a running task has each of its things once, and that it answers.
func (k *killed) isWhole(task types.Task) {
	k.Helper()
	arn := aws.ToString(task.TaskArn)
	id := arn[strings.LastIndex(arn, "/")+1:]
	if got := lines(docker(k.T, "ps", "-a", "--filter", "label=gantry.task="+id, "--format", `{{.Label "gantry.container"}}`)); len(got) != 3 {
		k.Errorf("the task has containers %v, want init, web and side", got)
	}
	if got := lines(docker(k.T, "ps", "--filter", "name=gantry-pause-"+id, "--format", "{{.Names}}")); len(got) != 1 {
		k.Errorf("the task has pauses %v, want one", got)
	}
	if got := lines(docker(k.T, "volume", "ls", "-q", "--filter", "name=gantry-"+id)); len(got) != 2 {
		k.Errorf("the task has volumes %v, want two", got)
	}
	if got := cgroupsOf(k.T, id); len(got) == 0 {
		k.Error("the task has no cgroup")
	}
	k.hasSecretAndRole(aws.ToString(container(k.T, task, "side").RuntimeId))
	address := net.JoinHostPort(addressOf(k.T, task), "80")
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	for deadline := time.Now().Add(patience); err != nil && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		conn, err = net.DialTimeout("tcp", address, 5*time.Second)
	}
	if err != nil {
		k.Fatalf("the task does not answer at its address: %v", err)
	}
	conn.Close()
}

// endForgotten throws the data directory away, and has another gantry dev start: it removes the
// network of the forgotten instance. Then it is killed, and a third one removes all that it had,
// and leaves nothing when it ends.
func (k *killed) endForgotten() {
	k.Setenv("TMPDIR", k.TempDir())
	if err := os.RemoveAll(k.dir); err != nil {
		k.Fatal(err)
	}
	own := k.runHere(func(d *dev) {
		k.await("the forgotten instance's things are gone", func() []string { return thingsOf(k.T, k.instance).all() })
		d.kill()
	})
	last := k.runHere(func(d *dev) {
		k.await("the killed gantry dev's things are gone", func() []string { return thingsOf(k.T, own).all() })
		d.stop()
	})
	if left := thingsOf(k.T, last).all(); len(left) > 0 {
		k.Errorf("gantry dev ended, and left %v", left)
	}
	if left, err := filepath.Glob(os.TempDir() + "/gantry-dev-*"); len(left) > 0 || err != nil {
		k.Errorf("temporary directories are left: %v, %v", left, err)
	}
}

// runHere starts a gantry dev with a temporary directory, and has it run the task. It returns its
// instance.
func (k *killed) runHere(then func(d *dev)) string {
	k.Helper()
	d := startDev(k.T, "--spare-pauses", "2", "--task-network", ownRange)
	instance := d.instance()
	d.putKept()
	d.aws(nil, "register-task-definition", "--cli-input-json", strings.ReplaceAll(everything, "IMAGE", testutil.AppImage))
	d.await(d.runEverything(), "RUNNING")
	then(d)
	return instance
}

// await waits until a list of leftovers is empty.
func (k *killed) await(what string, left func() []string) {
	k.Helper()
	var last []string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if last = left(); len(last) == 0 {
			return
		}
	}
	k.Errorf("it is not true that %s; there are:\n%s", what, strings.Join(last, "\n"))
}

// addressOf returns the address of an awsvpc task.
func addressOf(t *testing.T, task types.Task) string {
	t.Helper()
	for _, a := range task.Attachments {
		for _, d := range a.Details {
			if aws.ToString(d.Name) == "privateIPv4Address" {
				return aws.ToString(d.Value)
			}
		}
	}
	text, _ := json.Marshal(task.Attachments)
	t.Fatalf("the task has no address: %s", text)
	return ""
}

func lines(text string) []string { return strings.Fields(text) }
