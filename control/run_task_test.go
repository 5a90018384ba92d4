package control_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

func TestRunTaskRefusals(t *testing.T) {
	c := singlenode.New(t)
	ctx := t.Context()
	c.AddInstance(t, structs.DefaultCluster, 4096, 8192)
	define(t, c.Control, "web")
	define(t, c.Control, "old")
	_, err := c.Control.DeregisterTaskDefinition(ctx, "old:1")
	noError(t, err)
	_, err = c.Control.CreateCluster(ctx, structs.Cluster{Name: "gone"}, nil)
	noError(t, err)
	_, err = c.Control.DeleteCluster(ctx, "gone")
	noError(t, err)
	_, err = c.Control.RegisterTaskDefinition(ctx, structs.TaskDefinition{
		Family: "windows", EnableFaultInjection: new(true),
		ContainerDefinitions: []structs.ContainerDefinition{container("app", func(c *structs.ContainerDefinition) {
			c.CredentialSpecs = []string{"credentialspec:s3"}
		})},
	}, nil)
	noError(t, err)

	overriding := func(o structs.ContainerOverride) func(*structs.Job) {
		return func(j *structs.Job) {
			j.Overrides = &structs.TaskOverride{ContainerOverrides: []structs.ContainerOverride{o}}
		}
	}
	before := c.Store.Snapshot().Index()
	for name, test := range map[string]struct {
		change func(*structs.Job)
		kind   structs.Kind
		text   string
	}{
		"unknown cluster":            {func(j *structs.Job) { j.Cluster = "nowhere" }, structs.KindClusterNotFound, "Cluster not found."},
		"inactive cluster":           {func(j *structs.Job) { j.Cluster = "gone" }, structs.KindClusterNotFound, "The referenced cluster was inactive."},
		"unknown family":             {func(j *structs.Job) { j.TaskDefinition = "nothing" }, structs.KindClient, "TaskDefinition not found."},
		"unknown revision":           {func(j *structs.Job) { j.TaskDefinition = "web:7" }, structs.KindClient, "TaskDefinition not found."},
		"family without active one":  {func(j *structs.Job) { j.TaskDefinition = "old" }, structs.KindClient, "TaskDefinition not found."},
		"inactive revision":          {func(j *structs.Job) { j.TaskDefinition = "old:1" }, structs.KindClient, "TaskDefinition is inactive"},
		"override of no container":   {overriding(structs.ContainerOverride{Name: "db"}), structs.KindInvalidParameter, "Override for container named db is not a container in the TaskDefinition."},
		"override with little":       {overriding(structs.ContainerOverride{Name: "app", Memory: new(int32(1))}), structs.KindInvalidParameter, "overrides.containerOverrides[0].memory"},
		"override that we cannot do": {overriding(structs.ContainerOverride{Name: "app", ResourceRequirements: []structs.ResourceRequirement{{Type: structs.RequirementAccelerator, Value: "d"}}}), structs.KindUnsupportedFeature, "overrides.containerOverrides[0].resourceRequirements"},
		"definition that we cannot":  {func(j *structs.Job) { j.TaskDefinition = "windows" }, structs.KindUnsupportedFeature, "cannot run task definition windows:1: it does not support enableFaultInjection, containerDefinitions[0].credentialSpecs"},
	} {
		t.Run(name, func(t *testing.T) {
			in := job(1)
			test.change(&in.Job)
			_, err := c.Control.RunTask(ctx, in)
			expectError(t, err, test.kind, test.text)
		})
	}
	if after := c.Store.Snapshot().Index(); after != before {
		t.Errorf("refusals wrote %d entries to the log", after-before)
	}
}

func TestRunTaskFillsIn(t *testing.T) {
	c := singlenode.New(t)
	instance := c.AddInstance(t, structs.DefaultCluster, 4096, 8192)
	define(t, c.Control, "web", structs.Tag{Key: "team", Value: "blue"}, structs.Tag{Key: "stage", Value: "test"})
	define(t, c.Control, "web", structs.Tag{Key: "team", Value: "blue"}, structs.Tag{Key: "stage", Value: "test"})

	task := run(t, c.Control, job(1))[0]
	if task.TaskDefinition != "web:2" || task.Group != "family:web" || task.Instance != instance.ID {
		t.Errorf("the task is of %s in group %s on %s", task.TaskDefinition, task.Group, task.Instance)
	}
	tagsOf := func(task *structs.Task) []structs.Tag { return c.Store.Snapshot().Tags("task/default/" + task.ID) }
	if tags := tagsOf(task); len(tags) > 0 {
		t.Errorf("without propagateTags the task has tags %v", tags)
	}

	task = run(t, c.Control, job(1, func(in *control.RunTaskInput) {
		in.Job.TaskDefinition, in.Job.Group, in.Job.StartedBy = "web:1", "mine", "me"
		in.Job.Tags = []structs.Tag{{Key: "stage", Value: "prod"}, {Key: "run", Value: "1"}}
		in.PropagateTags = structs.PropagateFromDefinition
	}))[0]
	if task.TaskDefinition != "web:1" || task.Group != "mine" || task.StartedBy != "me" {
		t.Errorf("the task is of %s in group %s, started by %s", task.TaskDefinition, task.Group, task.StartedBy)
	}
	want := []structs.Tag{{Key: "team", Value: "blue"}, {Key: "stage", Value: "prod"}, {Key: "run", Value: "1"}}
	if diff := cmp.Diff(want, tagsOf(task)); diff != "" {
		t.Errorf("tags of the task (-want +got):\n%s", diff)
	}
	definition := []structs.Tag{{Key: "team", Value: "blue"}, {Key: "stage", Value: "test"}}
	if diff := cmp.Diff(definition, c.Store.Snapshot().Tags("task-definition/web:1")); diff != "" {
		t.Errorf("tags of the definition (-want +got):\n%s", diff)
	}

	task = run(t, c.Control, job(1, func(in *control.RunTaskInput) { in.Job.Instances = []string{instance.ID} }))[0]
	if task.Instance != instance.ID {
		t.Errorf("a task for %s runs on %s", instance.ID, task.Instance)
	}
}

func TestRunTaskSaysWhyNot(t *testing.T) {
	c := singlenode.New(t)
	small := c.AddInstance(t, structs.DefaultCluster, 4096, 20)
	define(t, c.Control, "web")
	placed, err := c.Control.RunTask(t.Context(), job(2))
	noError(t, err)
	want := []structs.PlacementFailure{{Instance: small.ID, Reason: structs.FailMemory, Detail: "4 MiB of memory are free, the task needs 16"}}
	if diff := cmp.Diff(want, placed.Failures); diff != "" || len(placed.Tasks) != 1 {
		t.Errorf("%d tasks found a place; failures (-want +got):\n%s", len(placed.Tasks), diff)
	}
}

func TestClientToken(t *testing.T) {
	c := singlenode.New(t)
	ctx := t.Context()
	c.AddInstance(t, structs.DefaultCluster, 4096, 8192)
	define(t, c.Control, "web")
	first := ids(run(t, c.Control, job(2, withToken("t", "same"))))
	if again := ids(run(t, c.Control, job(2, withToken("t", "same")))); !slices.Equal(first, again) {
		t.Errorf("the same request again gave %v, not %v", again, first)
	}
	_, err := c.Control.RunTask(ctx, job(1, withToken("t", "other")))
	conflict := expectError(t, err, structs.KindConflict, "client token")
	slices.Sort(conflict.ResourceIDs)
	if !slices.Equal(conflict.ResourceIDs, first) {
		t.Errorf("the conflict names %v, not %v", conflict.ResourceIDs, first)
	}

	_, err = c.Control.CreateCluster(ctx, structs.Cluster{Name: "other"}, nil)
	noError(t, err)
	c.AddInstance(t, "other", 4096, 8192)
	elsewhere := run(t, c.Control, job(1, withToken("t", "other"), func(in *control.RunTaskInput) { in.Job.Cluster = "other" }))
	if slices.Contains(first, elsewhere[0].ID) {
		t.Error("the token of one cluster answers in another")
	}

	// A request that is sent again gets its answer whatever has become of its task definition.
	_, err = c.Control.DeregisterTaskDefinition(ctx, "web:1")
	noError(t, err)
	for _, name := range []string{"web", "web:1"} {
		again := run(t, c.Control, job(2, withToken("t", "same"), func(in *control.RunTaskInput) { in.Job.TaskDefinition = name }))
		if !slices.Equal(ids(again), first) {
			t.Errorf("with %s deregistered, the same request again gave %v, not %v", name, ids(again), first)
		}
	}
}

// Impatient callers send the same request several times at once.
func TestClientTokenAtTheSameTime(t *testing.T) {
	inCluster(t, func(t *testing.T, c *testutil.Cluster) {
		verbs := c.Control()
		instance := addInstance(t, verbs)
		defer openStream(t, verbs, instance.ID).Close()
		define(t, verbs, "web")
		const tokens, callers = 5, 8
		answers := make([][callers][]string, tokens)
		var calls sync.WaitGroup
		for token := range tokens {
			for caller := range callers {
				calls.Go(func() {
					placed, err := verbs.RunTask(t.Context(), job(3, withToken(string(rune('a'+token)), "same")))
					if err != nil {
						t.Error(err)
					}
					answers[token][caller] = ids(placed.Tasks)
				})
			}
		}
		calls.Wait()
		for token, got := range answers {
			for _, tasks := range got {
				if len(tasks) != 3 || !slices.Equal(tasks, got[0]) {
					t.Errorf("token %d: one caller got %v, another %v", token, got[0], tasks)
				}
			}
		}
		snap, err := verbs.Read(t.Context())
		noError(t, err)
		if n := len(slices.Collect(snap.AllJobs())); n != tokens {
			t.Errorf("%d tokens made %d jobs", tokens, n)
		}
		if n := len(slices.Collect(snap.AllTasks())); n != 3*tokens {
			t.Errorf("there are %d tasks, not %d", n, 3*tokens)
		}
	})
}
