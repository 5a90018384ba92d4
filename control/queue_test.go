package control_test

import (
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

func queued(in *control.RunTaskInput) {
	in.Job.CapacityStrategy = []structs.CapacityProviderStrategyItem{{CapacityProvider: "FARGATE"}}
}

func instances(c *singlenode.Node, tasks []*structs.Task) (with, without []string) {
	for _, t := range tasks {
		if c.Store.Snapshot().Task(t.ID).Instance == "" {
			without = append(without, t.ID)
		} else {
			with = append(with, t.ID)
		}
	}
	return with, without
}

// TestRunTaskQueues checks that with a capacity provider all tasks exist at once, and that those
// without room start as soon as there is some.
func TestRunTaskQueues(t *testing.T) {
	c := singlenode.New(t)
	define(t, c.Control, "web")
	c.AddInstance(t, structs.DefaultCluster, 1024, 32) // room for two
	_, err := c.Control.UpdateCluster(t.Context(), structs.UpdateCluster{
		Cluster: structs.DefaultCluster, Providers: &structs.ClusterProviders{Providers: []string{"FARGATE"}},
	})
	noError(t, err)
	tasks := run(t, c.Control, job(4, queued, withToken("again", "same")))
	placed, waiting := instances(c, tasks)
	if len(placed) != 2 || len(waiting) != 2 {
		t.Fatalf("%d tasks are placed and %d wait, want two and two", len(placed), len(waiting))
	}
	if again := run(t, c.Control, job(4, queued, withToken("again", "same"))); again[0].ID != tasks[0].ID {
		t.Error("the same request makes other tasks")
	}
	c.Run(t, placed...)
	c.Fail(t, placed[0])
	if placed, waiting = instances(c, tasks); len(placed) != 3 || len(waiting) != 1 {
		t.Fatalf("after a task ended %d have an instance and %d wait, want three and one", len(placed), len(waiting))
	}
	if _, err := c.Control.StopTask(t.Context(), structs.DefaultCluster, waiting[0], ""); err != nil {
		t.Fatal(err)
	}
	if row := c.Store.Snapshot().Task(waiting[0]); row.LastStatus != structs.TaskStopped || row.StopCode != structs.StopUserInitiated {
		t.Errorf("a task that waits is %s once it was asked to stop", row.LastStatus)
	}
	for e := range c.Store.Snapshot().OpenEvaluations(tasks[0].Job) {
		t.Errorf("evaluation %s is %s with nothing left to place", e.ID, e.Status)
	}
}

// TestRunTaskQueuesByDefault checks that RunTask uses a cluster's default strategy, unless the
// caller names a launch type or instances.
func TestRunTaskQueuesByDefault(t *testing.T) {
	c := singlenode.New(t)
	define(t, c.Control, "web")
	_, err := c.Control.CreateCluster(t.Context(), structs.Cluster{
		Name: "other", CapacityProviders: []string{"FARGATE"}, DefaultCapacityStrategy: []structs.CapacityProviderStrategyItem{{CapacityProvider: "FARGATE"}},
	}, nil)
	noError(t, err)
	inOther := func(in *control.RunTaskInput) { in.Job.Cluster = "other" }
	if tasks := run(t, c.Control, job(1, inOther)); tasks[0].Instance != "" {
		t.Errorf("the task is on instance %q of a cluster without any", tasks[0].Instance)
	}
	for name, change := range map[string]func(*control.RunTaskInput){
		"launch type": func(in *control.RunTaskInput) { in.Job.LaunchType = structs.LaunchEC2 },
		"instances":   func(in *control.RunTaskInput) { in.Job.Instances = []string{"nowhere"} },
	} {
		placed, err := c.Control.RunTask(t.Context(), job(1, inOther, change))
		noError(t, err)
		if len(placed.Tasks) > 0 || len(placed.Failures) == 0 {
			t.Errorf("with a %s: %d tasks and failures %v", name, len(placed.Tasks), placed.Failures)
		}
	}
}
