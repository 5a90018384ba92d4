package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil"
)

// family registers a definition of one or more containers and returns its family, which is unique
// to the test.
func (d *dev) family(containers ...types.ContainerDefinition) string {
	d.t.Helper()
	name := strings.NewReplacer("/", "-", " ", "_", ":", "-").Replace(d.t.Name())
	for i := range containers {
		if containers[i].Image == nil {
			containers[i].Image = aws.String(testutil.AppImage)
		}
		if containers[i].Memory == nil && containers[i].MemoryReservation == nil {
			containers[i].Memory = aws.Int32(16)
		}
	}
	_, err := d.ecs.RegisterTaskDefinition(d.t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String(name), ContainerDefinitions: containers,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return name
}

// app is a container that runs the test image with arguments.
func app(name string, args ...string) types.ContainerDefinition {
	return types.ContainerDefinition{Name: aws.String(name), Command: args}
}

// run runs one task of a family and returns its ARN.
func (d *dev) run(family string) string {
	d.t.Helper()
	out, err := d.ecs.RunTask(d.t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String(family)})
	if err != nil {
		d.t.Fatal(err)
	}
	if len(out.Tasks) != 1 {
		d.t.Fatalf("not placed: %+v", out.Failures)
	}
	return aws.ToString(out.Tasks[0].TaskArn)
}

func (d *dev) describe(arn string) types.Task {
	d.t.Helper()
	out, err := d.ecs.DescribeTasks(d.t.Context(), &ecs.DescribeTasksInput{Tasks: []string{arn}})
	if err != nil {
		d.t.Fatal(err)
	}
	if len(out.Tasks) != 1 {
		d.t.Fatalf("task %s is not described: %+v", arn, out.Failures)
	}
	return out.Tasks[0]
}

// await waits until a task has a status, checks on the way that the status never goes back, and
// returns the task.
func (d *dev) await(arn, status string) types.Task {
	d.t.Helper()
	order := []string{"PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"}
	rank := func(s string) int {
		for i, o := range order {
			if o == s {
				return i
			}
		}
		d.t.Fatalf("unknown status %q", s)
		return -1
	}
	seen := "PROVISIONING"
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		task := d.describe(arn)
		last := aws.ToString(task.LastStatus)
		if rank(last) < rank(seen) {
			d.t.Fatalf("task went back from %s to %s", seen, last)
		}
		if seen = last; last == status {
			return task
		}
		if rank(last) > rank(status) {
			d.t.Fatalf("task is %s, waited for %s: %s", last, status, aws.ToString(task.StoppedReason))
		}
		time.Sleep(10 * time.Millisecond)
	}
	d.t.Fatalf("task is %s, waited for %s", seen, status)
	return types.Task{}
}

// stopTask asks a task to stop and waits until it has.
func (d *dev) stopTask(arn string) types.Task {
	d.t.Helper()
	if _, err := d.ecs.StopTask(d.t.Context(), &ecs.StopTaskInput{Task: aws.String(arn)}); err != nil {
		d.t.Fatal(err)
	}
	return d.await(arn, "STOPPED")
}

// container returns the named container of a task.
func container(t *testing.T, task types.Task, name string) types.Container {
	t.Helper()
	for _, c := range task.Containers {
		if aws.ToString(c.Name) == name {
			return c
		}
	}
	t.Fatalf("task has no container %s: %+v", name, task.Containers)
	return types.Container{}
}

// hostPort returns the host port that a container port is bound to.
func hostPort(t *testing.T, c types.Container, port int32) int32 {
	t.Helper()
	for _, b := range c.NetworkBindings {
		if aws.ToInt32(b.ContainerPort) == port {
			return aws.ToInt32(b.HostPort)
		}
	}
	t.Fatalf("container port %d is not bound: %+v", port, c.NetworkBindings)
	return 0
}

// get fetches a page from a host port.
func get(t *testing.T, port int32, path string) string {
	t.Helper()
	var last error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d%s", port, path))
		if err != nil {
			last = err
			continue
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	t.Fatal(last)
	return ""
}

// exitBy makes a serving container exit with a code. A RUNNING container may not listen yet, so
// exitBy waits for its page.
func exitBy(t *testing.T, port int32, code int) {
	t.Helper()
	get(t, port, "/")
	if resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/exit?code=%d", port, code)); err == nil {
		resp.Body.Close() // it ends before it answers
	}
}

// docker runs the docker command line and returns what it printed.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// containersOf returns the ids of an instance's containers, ended ones too.
func containersOf(t *testing.T, instance string) []string {
	t.Helper()
	return strings.Fields(docker(t, "ps", "-aq", "--no-trunc", "--filter", "label=gantry.instance="+instance))
}

// instance returns the id of the only container instance.
func (d *dev) instance() string {
	d.t.Helper()
	out, err := d.ecs.ListContainerInstances(d.t.Context(), &ecs.ListContainerInstancesInput{})
	if err != nil {
		d.t.Fatal(err)
	}
	if len(out.ContainerInstanceArns) != 1 {
		d.t.Fatalf("container instances: %v", out.ContainerInstanceArns)
	}
	arn := out.ContainerInstanceArns[0]
	return arn[strings.LastIndex(arn, "/")+1:]
}

// aws runs the real aws command line against a dev and decodes what it prints.
func (d *dev) aws(out any, args ...string) {
	d.t.Helper()
	if text, err := d.tryAWS(args...); err != nil {
		d.t.Fatalf("aws ecs %s: %v\n%s", strings.Join(args, " "), err, text)
	} else if out != nil {
		if err := json.Unmarshal([]byte(text), out); err != nil {
			d.t.Fatalf("aws ecs %s printed no JSON: %v\n%s", strings.Join(args, " "), err, text)
		}
	}
}

func (d *dev) tryAWS(args ...string) (string, error) {
	return d.awsCLI(append([]string{"ecs"}, args...)...)
}

// awsCLI runs the aws CLI on any service, and returns what it prints.
func (d *dev) awsCLI(args ...string) (string, error) {
	bin := os.Getenv("AWS")
	if bin == "" {
		bin = "aws"
	}
	cmd := exec.Command(bin, append([]string{"--endpoint-url", d.address, "--output", "json"}, args...)...)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_PAGER=", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true")
	text, err := cmd.CombinedOutput()
	return string(text), err
}
