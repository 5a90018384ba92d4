package control_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// inCluster runs a test under fake time on a real server, where calls run concurrently and
// evaluations take time.
func inCluster(t *testing.T, test func(*testing.T, *testutil.Cluster)) {
	t.Helper()
	faketime.Test(t, func(t *testing.T) {
		c := testutil.NewCluster(t)
		c.StartServer()
		test(t, c)
	})
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// expectError expects an error of a kind whose text contains part.
func expectError(t *testing.T, err error, kind structs.Kind, text string) *structs.Error {
	t.Helper()
	var e *structs.Error
	if !errors.As(err, &e) || e.Kind != kind || !strings.Contains(e.Message, text) {
		t.Fatalf("error %v of kind %s; not %s with %q", err, structs.KindOf(err), kind, text)
	}
	return e
}

func container(name string, change ...func(*structs.ContainerDefinition)) structs.ContainerDefinition {
	c := structs.ContainerDefinition{Name: name, Image: name, Memory: new(int32(16))}
	for _, f := range change {
		f(&c)
	}
	return c
}

// define registers a definition with one container, app.
func define(t *testing.T, c *control.Control, family string, tags ...structs.Tag) *structs.TaskDefinition {
	t.Helper()
	d, err := c.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
		Family: family, ContainerDefinitions: []structs.ContainerDefinition{container("app")},
	}, tags)
	noError(t, err)
	return d
}

// job returns a job for tasks of the definition web in the default cluster.
func job(count int, change ...func(*control.RunTaskInput)) control.RunTaskInput {
	in := control.RunTaskInput{Job: structs.Job{Cluster: structs.DefaultCluster, TaskDefinition: "web", Count: count}}
	for _, f := range change {
		f(&in)
	}
	return in
}

func withToken(token, hash string) func(*control.RunTaskInput) {
	return func(in *control.RunTaskInput) { in.Job.ClientToken, in.Job.RequestHash = token, hash }
}

// run places all tasks of a job.
func run(t *testing.T, c *control.Control, in control.RunTaskInput) []*structs.Task {
	t.Helper()
	placed, err := c.RunTask(t.Context(), in)
	noError(t, err)
	if len(placed.Tasks) != in.Job.Count || len(placed.Failures) > 0 {
		t.Fatalf("%d tasks found a place, not %d; failures %v", len(placed.Tasks), in.Job.Count, placed.Failures)
	}
	return placed.Tasks
}

func ids(tasks []*structs.Task) []string {
	var list []string
	for _, task := range tasks {
		list = append(list, task.ID)
	}
	slices.Sort(list)
	return list
}

// addInstance registers an instance. Its agent is not there yet.
func addInstance(t *testing.T, c *control.Control) *structs.ContainerInstance {
	t.Helper()
	instance, err := c.RegisterInstance(t.Context(), structs.ContainerInstance{
		Name: "host", Registered: structs.Resources{CPU: 4096, Memory: 1 << 20},
	})
	noError(t, err)
	return instance
}

func openStream(t *testing.T, c *control.Control, instance string) *control.AssignmentStream {
	t.Helper()
	stream, err := c.Assignments(t.Context(), instance, 0)
	noError(t, err)
	noError(t, stream.Settle(t.Context()))
	return stream
}

// harness is a cluster with one instance, two revisions of "app" and a service "web" of the first.
type harness struct {
	*singlenode.Node
	t *testing.T
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	h := &harness{singlenode.New(t), t}
	h.AddInstance(t, "default", 4096, 4096)
	for range 2 {
		_, err := h.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
			Family: "app", ContainerDefinitions: []structs.ContainerDefinition{{Name: "main", Image: "i", Memory: new(int32(16))}},
		}, []structs.Tag{{Key: "from", Value: "definition"}})
		if err != nil {
			t.Fatal(err)
		}
	}
	h.create(control.CreateServiceInput{Name: "web", ServiceChange: control.ServiceChange{TaskDefinition: "app:1", Count: new(2)}})
	h.Settle(t)
	return h
}

func (h *harness) create(in control.CreateServiceInput) *structs.Job {
	h.t.Helper()
	in.Cluster = "default"
	job, err := h.Control.CreateService(h.t.Context(), in)
	if err != nil {
		h.t.Fatal(err)
	}
	return job
}

func (h *harness) update(in control.UpdateServiceInput) *structs.Job {
	h.t.Helper()
	in.Cluster, in.Name = "default", "web"
	job, err := h.Control.UpdateService(h.t.Context(), in)
	if err != nil {
		h.t.Fatal(err)
	}
	return job
}

func (h *harness) deployments(service string) []*structs.Deployment {
	snap := h.Store.Snapshot()
	return slices.Collect(snap.Deployments(snap.Service("default", service).ID))
}

func (h *harness) tasks(deployment string) (ids []string) {
	for t := range h.Store.Snapshot().AllTasks() {
		if t.StartedBy == deployment && t.DesiredStatus == structs.TaskRunning {
			ids = append(ids, t.ID)
		}
	}
	return ids
}
