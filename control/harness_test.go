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
)

// inCluster runs a test under fake time on a real server, where calls run at the same time and
// evaluations take theirs.
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

// expectError wants an error of a kind whose text has a part.
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

// job asks for tasks of the definition web in the default cluster.
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

// addInstance registers an instance; its agent is not there yet.
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
