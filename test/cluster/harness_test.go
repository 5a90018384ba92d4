// Package cluster tests a whole cluster in one process, without Docker and under fake time: real
// servers, doors, clients and agents, on a container engine in memory. Tests that start and stop
// real processes are in test/e2e.
package cluster

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// harness is a cluster and its user, who calls it through the AWS SDK.
type harness struct {
	*testutil.Cluster
	t   *testing.T
	ecs *sdk.Client
}

// newHarness returns a harness in which nothing runs yet.
func newHarness(t *testing.T) *harness {
	t.Helper()
	w := &harness{Cluster: testutil.NewCluster(t), t: t}
	w.ecs = sdk.New(sdk.Options{
		BaseEndpoint: aws.String("http://gantry"), Region: "us-east-1", HTTPClient: patientBody{w.HTTP},
		Credentials: credentials.NewStaticCredentialsProvider("dev", "dev", ""), RetryMaxAttempts: 100,
	})
	return w
}

// inHarness runs a test in a harness where server and agent are ready and the task definition web
// is registered.
func inHarness(t *testing.T, test func(*testing.T, *harness)) {
	t.Helper()
	faketime.Test(t, func(t *testing.T) {
		w := newHarness(t)
		w.Start()
		w.registerWeb()
		test(t, w)
	})
}

func (w *harness) registerWeb() {
	w.t.Helper()
	_, err := w.ecs.RegisterTaskDefinition(w.t.Context(), &sdk.RegisterTaskDefinitionInput{
		Family:               aws.String("web"),
		ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("app"), Memory: aws.Int32(16)}},
	})
	w.noError(err)
}

// patientBody is an HTTP client for the SDK, which closes a request's body as soon as the answer
// begins. A server in the same process can answer before the transport has reached the end of the
// body, and the transport then breaks the connection.
type patientBody struct{ *http.Client }

// Do is what the SDK calls.
func (c patientBody) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return c.Client.Do(r)
}

func (w *harness) noError(err error) {
	w.t.Helper()
	noError(w.t, err)
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run starts tasks of web and returns their ids.
func (w *harness) run(count int32) []string {
	w.t.Helper()
	out, err := w.ecs.RunTask(w.t.Context(), &sdk.RunTaskInput{TaskDefinition: aws.String("web"), Count: aws.Int32(count)})
	w.noError(err)
	if len(out.Failures) > 0 || len(out.Tasks) != int(count) {
		w.t.Fatalf("%d tasks found a place; failures %v", len(out.Tasks), out.Failures)
	}
	return idsOf(out.Tasks)
}

func idsOf(tasks []types.Task) []string {
	var ids []string
	for _, task := range tasks {
		arn := *task.TaskArn
		ids = append(ids, arn[strings.LastIndex(arn, "/")+1:])
	}
	return ids
}

// describe returns tasks as DescribeTasks shows them, in the order of the ids.
func (w *harness) describe(ids ...string) []types.Task {
	w.t.Helper()
	byID := map[string]types.Task{}
	for some := range slices.Chunk(ids, 100) {
		out, err := w.ecs.DescribeTasks(w.t.Context(), &sdk.DescribeTasksInput{Tasks: some})
		w.noError(err)
		if len(out.Failures) > 0 {
			w.t.Fatalf("tasks are not known: %v", out.Failures)
		}
		for i, id := range idsOf(out.Tasks) {
			byID[id] = out.Tasks[i]
		}
	}
	var tasks []types.Task
	for _, id := range ids {
		tasks = append(tasks, byID[id])
	}
	return tasks
}

// await waits until tasks have a status.
func (w *harness) await(status structs.TaskStatus, ids ...string) {
	w.t.Helper()
	w.Eventually("the tasks are "+status.String(), func() bool {
		return !slices.ContainsFunc(w.describe(ids...), func(task types.Task) bool { return *task.LastStatus != status.String() })
	})
}

// containerOf returns the runtime's id of the only container of a task.
func (w *harness) containerOf(id string) string {
	w.t.Helper()
	for _, c := range w.Engine.All() {
		if c.Labels[runtime.LabelTask] == id {
			return c.ID
		}
	}
	w.t.Fatalf("task %s has no container", id)
	return ""
}

// settle waits until everything that is under way has happened.
func (w *harness) settle() { time.Sleep(10 * time.Second) }

// expectRunningOnce checks that these tasks run, each in a container that was started once, and
// nothing else.
func (w *harness) expectRunningOnce(ids ...string) {
	w.t.Helper()
	wanted := map[string]bool{}
	for i, task := range w.describe(ids...) {
		wanted[ids[i]] = true
		if status := *task.LastStatus; status != structs.TaskRunning.String() {
			w.t.Errorf("task %s is %s", ids[i], status)
		}
	}
	running := map[string]int{}
	starts := w.Engine.Starts()
	for _, c := range w.Engine.All() {
		task := c.Labels[runtime.LabelTask]
		if c.State != runtime.ContainerRunning {
			continue
		}
		if running[task]++; !wanted[task] {
			w.t.Errorf("container %s runs for nobody", c.Name)
		}
		if starts[c.Name] != 1 {
			w.t.Errorf("container %s was started %d times", c.Name, starts[c.Name])
		}
	}
	for id := range wanted {
		if running[id] != 1 {
			w.t.Errorf("task %s has %d running containers", id, running[id])
		}
	}
}
