package httpapi_test

import (
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/httpapi"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// fixture is the API of a cluster with one instance on which two jobs were run. The newer one was
// too large.
type fixture struct {
	*singlenode.Node
	client   *client.Client
	url      string
	instance *structs.ContainerInstance
	task     *structs.Task
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{Node: singlenode.New(t)}
	f.instance = f.AddInstance(t, "default", 2048, 4096)
	for family, memory := range map[string]int32{"small": 64, "huge": 1 << 20} {
		_, err := f.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
			Family: family, ContainerDefinitions: []structs.ContainerDefinition{{Name: "c", Image: "i", Memory: &memory}},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, family := range []string{"small", "huge"} {
		placed, err := f.Control.RunTask(t.Context(), control.RunTaskInput{Job: structs.Job{Cluster: "default", TaskDefinition: family, Count: 1}})
		if err != nil {
			t.Fatal(err)
		}
		if len(placed.Tasks) > 0 {
			f.task = placed.Tasks[0]
		}
	}
	server := httptest.NewServer(httpapi.New(httpapi.Config{
		Control: f.Control, Ready: func() error { return nil }, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Closing: make(chan struct{}),
	}))
	t.Cleanup(server.Close)
	f.url = server.URL
	f.client = client.New(client.Config{Address: server.URL})
	t.Cleanup(f.client.Close)
	return f
}

// The newest evaluation of a cluster says what was not placed, and why.
func TestEvaluations(t *testing.T) {
	f := newFixture(t)
	all, err := f.client.Evaluations(t.Context(), client.EvaluationFilter{Cluster: "default"})
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Evaluations) != 2 || all.Evaluations[0].Unplaced != 1 || all.Evaluations[1].Unplaced != 0 || all.Index == 0 {
		t.Fatalf("evaluations: %+v", all)
	}
	one, err := f.client.Evaluation(t.Context(), all.Evaluations[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(one.Failures) != 1 || one.Failures[0].Reason != structs.FailMemory || one.Failures[0].Instance != f.instance.ID {
		t.Errorf("failures: %+v", one.Failures)
	}
	for name, filter := range map[string]client.EvaluationFilter{
		"of a job": {Job: f.task.Job},
		"limited":  {Limit: 1},
	} {
		list, err := f.client.Evaluations(t.Context(), filter)
		if err != nil || len(list.Evaluations) != 1 {
			t.Errorf("%s: %v, %+v", name, err, list)
		}
	}
	if list, err := f.client.Evaluations(t.Context(), client.EvaluationFilter{Job: f.task.Job}); err != nil || list.Evaluations[0].Job != f.task.Job {
		t.Errorf("of a job: %v, %+v", err, list)
	}
}

func TestInstancesAndTasks(t *testing.T) {
	f := newFixture(t)
	instances, err := f.client.Instances(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	if len(instances.Instances) != 1 || instances.Instances[0].ID != f.instance.ID || instances.Instances[0].Usage.Memory != 64 || instances.Instances[0].Usage.Pending != 1 {
		t.Errorf("instances: %+v", instances)
	}
	tasks, err := f.client.Tasks(t.Context(), "default", false)
	if err != nil {
		t.Fatal(err)
	}
	if len(tasks.Tasks) != 1 || tasks.Tasks[0].ID != f.task.ID || tasks.Tasks[0].LastStatus != structs.TaskProvisioning {
		t.Errorf("tasks: %+v", tasks)
	}
	stopped := []structs.TaskUpdate{{Task: f.task.ID, Status: structs.TaskStopped, StoppedAt: f.task.CreatedAt + 1}}
	if err := f.Control.ReportTasks(t.Context(), f.instance.ID, 0, stopped); err != nil {
		t.Fatal(err)
	}
	for all, want := range map[bool]int{false: 0, true: 1} {
		if tasks, err := f.client.Tasks(t.Context(), "default", all); err != nil || len(tasks.Tasks) != want {
			t.Errorf("all %v after it stopped: %v, %+v", all, err, tasks)
		}
	}
}

// What is unknown is an error. What is empty is an empty list, not null.
func TestListErrors(t *testing.T) {
	f := newFixture(t)
	_, unknown := f.client.Evaluation(t.Context(), "nosuch")
	_, job := f.client.Evaluations(t.Context(), client.EvaluationFilter{Job: "nosuch"})
	_, cluster := f.client.Evaluations(t.Context(), client.EvaluationFilter{Cluster: "nosuch"})
	_, limit := f.client.Evaluations(t.Context(), client.EvaluationFilter{Limit: 1001})
	_, instances := f.client.Instances(t.Context(), "nosuch")
	_, tasks := f.client.Tasks(t.Context(), "nosuch", true)
	for name, got := range map[string]struct {
		err  error
		kind structs.Kind
	}{
		"evaluation": {unknown, structs.KindResourceNotFound},
		"job":        {job, structs.KindResourceNotFound},
		"cluster":    {cluster, structs.KindClusterNotFound},
		"limit":      {limit, structs.KindInvalidParameter},
		"instances":  {instances, structs.KindClusterNotFound},
		"tasks":      {tasks, structs.KindClusterNotFound},
	} {
		if got.err == nil || structs.KindOf(got.err) != got.kind {
			t.Errorf("%s: %v, want kind %s", name, got.err, got.kind)
		}
	}
	if _, err := f.Control.CreateCluster(t.Context(), structs.Cluster{Name: "empty"}, nil); err != nil {
		t.Fatal(err)
	}
	list, err := f.client.Evaluations(t.Context(), client.EvaluationFilter{Cluster: "empty"})
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := json.Marshal(list); list.Evaluations == nil {
		t.Errorf("no evaluations are %s", text)
	}
}
