package server_test

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// inCluster runs a test under fake time with a cluster whose server has started. A goroutine that
// the server leaves behind fails the test.
func inCluster(t *testing.T, test func(*testing.T, *testutil.Cluster)) {
	t.Helper()
	faketime.Test(t, func(t *testing.T) {
		c := testutil.NewCluster(t)
		c.StartServer()
		test(t, c)
	})
}

func read(t *testing.T, c *testutil.Cluster) *state.Snapshot {
	t.Helper()
	snap, err := c.Control().Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func dump(t *testing.T, c *testutil.Cluster) string {
	t.Helper()
	return testutil.Dump(t, testutil.StateOf(t, c.Control()).Fork())
}

// must returns a function that takes the results of a verb, and fails the test on an error.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func register(t *testing.T, verbs *control.Control, tags ...structs.Tag) *structs.TaskDefinition {
	t.Helper()
	return must[*structs.TaskDefinition](t)(verbs.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
		Family: "web", ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", Image: "app", Memory: new(int32(64))}},
	}, tags))
}

// associateFargate lets tasks of the default cluster use the capacity provider FARGATE.
func associateFargate(t *testing.T, verbs *control.Control) {
	t.Helper()
	providers := &structs.ClusterProviders{Providers: []string{structs.ProviderFargate}}
	must[*structs.Cluster](t)(verbs.UpdateCluster(t.Context(), structs.UpdateCluster{
		Cluster: structs.DefaultCluster, Providers: providers,
	}))
}

// connect registers an instance and opens its stream.
func connect(t *testing.T, c *testutil.Cluster) (*structs.ContainerInstance, *control.AssignmentStream) {
	t.Helper()
	instance := must[*structs.ContainerInstance](t)(c.Control().RegisterInstance(t.Context(), structs.ContainerInstance{
		Cluster: structs.DefaultCluster, Name: "host", Registered: structs.Resources{CPU: 4096, Memory: 8192},
	}))
	return instance, openStream(t, c, instance.ID)
}

// openStream opens an instance's stream, and tells the leader that its agent is there.
func openStream(t *testing.T, c *testutil.Cluster, instance string) *control.AssignmentStream {
	t.Helper()
	stream := must[*control.AssignmentStream](t)(c.Control().Assignments(t.Context(), instance, 0))
	if err := stream.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	return stream
}

func webJob(token string, count int) control.RunTaskInput {
	return control.RunTaskInput{Job: structs.Job{
		Cluster: structs.DefaultCluster, TaskDefinition: "web", Count: count, ClientToken: token, RequestHash: "same",
	}}
}

func run(t *testing.T, c *testutil.Cluster, in control.RunTaskInput) []string {
	t.Helper()
	placed := must[control.Placed](t)(c.Control().RunTask(t.Context(), in))
	if len(placed.Failures) > 0 || len(placed.Tasks) != in.Job.Count {
		t.Fatalf("%d tasks found a place, failures %v", len(placed.Tasks), placed.Failures)
	}
	return ids(placed.Tasks)
}

func ids(tasks []*structs.Task) []string {
	var list []string
	for _, task := range tasks {
		list = append(list, task.ID)
	}
	slices.Sort(list)
	return list
}
