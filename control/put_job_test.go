package control_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// webSpec is a job file of a service "site" with one container.
func webSpec(change ...func(*structs.JobSpec)) *structs.JobSpec {
	s := structs.NewJobSpec(structs.JobService)
	s.Name = "site"
	s.Containers = []structs.ContainerDefinition{{Name: "main", Image: "i:1", Memory: new(int32(16))}}
	for _, f := range change {
		f(s)
	}
	return s
}

func (n *town) put(spec *structs.JobSpec) *structs.JobPut {
	n.t.Helper()
	out, err := n.Control.PutJob(n.t.Context(), spec, "")
	if err != nil {
		n.t.Fatal(err)
	}
	n.Settle(n.t)
	return out
}

func (n *town) revisions(family string) (count int) {
	for range n.Store.Snapshot().FamilyTaskDefinitions(family) {
		count++
	}
	return count
}

func TestPutJobIsIdempotent(t *testing.T) {
	n := newTown(t)
	spec := func() *structs.JobSpec {
		return webSpec(func(s *structs.JobSpec) {
			s.Count, s.Cpu = new(2), "0.25 vCPU"
			s.Tags = []structs.Tag{{Key: "team", Value: "shop"}}
			s.Placement.Strategy = []structs.PlacementStrategy{{Type: "spread", Field: "instanceId"}}
			s.Containers[0].PortMappings = []structs.PortMapping{{ContainerPort: new(int32(80))}}
			s.Containers[0].HealthCheck = &structs.HealthCheck{Command: []string{"CMD", "true"}}
		})
	}
	first := n.put(spec())
	if first.Result != structs.JobCreated || first.Version != 1 || first.TaskDefinition != "site:1" || first.Deployment == "" || first.Evaluation == "" {
		t.Errorf("the first time: %+v", first)
	}
	snap := n.Store.Snapshot()
	if job := snap.Service("default", "site"); job.ID != first.ID || job.Count != 2 || len(n.tasks(first.Deployment)) != 2 {
		t.Errorf("the job is %+v", job)
	}
	if diff := cmp.Diff(spec().Tags, snap.Tags("service/default/site")); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	again := n.put(spec())
	want := &structs.JobPut{
		Result: structs.JobUnchanged, ID: first.ID, Name: "site", Cluster: "default", Type: "service", Version: 1, TaskDefinition: "site:1",
	}
	if diff := cmp.Diff(want, again); diff != "" {
		t.Errorf("the second time (-want +got):\n%s", diff)
	}
	if after := n.Store.Snapshot(); after.Index() != snap.Index() {
		t.Error("the second time wrote to the log")
	}
}

func TestPutJobChanges(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*structs.JobSpec)
		fields  []structs.FieldChange
		rolls   bool // a new revision, and a deployment
		isCount int
	}{
		"image": {func(s *structs.JobSpec) { s.Containers[0].Image = "i:2" },
			[]structs.FieldChange{{Field: "containers[main].image", From: `"i:1"`, To: `"i:2"`}}, true, 2},
		"count": {func(s *structs.JobSpec) { s.Count = new(3) },
			[]structs.FieldChange{{Field: "count", From: "2", To: "3"}}, false, 3},
		"no count": {func(s *structs.JobSpec) { s.Count, s.Update.MaximumPercent = nil, 150 },
			[]structs.FieldChange{{Field: "update.maximumPercent", From: "200", To: "150"}}, false, 2},
		"tags": {func(s *structs.JobSpec) { s.Tags = []structs.Tag{{Key: "b", Value: "2"}} },
			[]structs.FieldChange{{Field: "tags[a].value", From: `"1"`}, {Field: "tags[b].value", To: `"2"`}}, false, 2},
		"placement": {func(s *structs.JobSpec) { s.Placement = structs.PlacementSpec{} },
			[]structs.FieldChange{{Field: "placement.strategy[0].field", From: `"host"`}, {Field: "placement.strategy[0].type", From: `"spread"`}}, false, 2},
		"grace": {func(s *structs.JobSpec) { s.Health.GracePeriod = 9 },
			[]structs.FieldChange{{Field: "health.gracePeriodSeconds", To: "9"}}, false, 2},
		"scheduler": {func(s *structs.JobSpec) { s.Scheduler = "mine" },
			[]structs.FieldChange{{Field: "scheduler", To: `"mine"`}}, false, 2},
		"environment": {func(s *structs.JobSpec) {
			s.Containers[0].Environment = []structs.KeyValuePair{{Name: "A", Value: "1"}}
		}, []structs.FieldChange{{Field: "containers[main].environment[A].value", To: `"1"`}}, true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			n := newTown(t)
			base := func(s *structs.JobSpec) {
				s.Count, s.Tags = new(2), []structs.Tag{{Key: "a", Value: "1"}}
				s.Placement.Strategy = []structs.PlacementStrategy{{Type: "spread", Field: "host"}}
			}
			n.put(webSpec(base))
			before := n.Store.Snapshot().Index()
			plan, err := n.Control.PlanJob(t.Context(), webSpec(base, test.change))
			noError(t, err)
			if n.Store.Snapshot().Index() != before {
				t.Error("planning wrote to the log")
			}
			got := n.put(webSpec(base, test.change))
			if diff := cmp.Diff(test.fields, got.Changes); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(got.Changes, plan.Changes); diff != "" || plan.Replaces != test.rolls || plan.TaskDefinition != got.TaskDefinition || plan.Version != got.Version {
				t.Errorf("the plan said %+v, and it became %+v", plan, got)
			}
			revisions, deployments := 1, 1
			if test.rolls {
				revisions, deployments = 2, 2
			}
			if n.revisions("site") != revisions || len(n.deployments("site")) != deployments || got.Version != 2 {
				t.Errorf("%d revisions, %d deployments, version %d", n.revisions("site"), len(n.deployments("site")), got.Version)
			}
			if job := n.Store.Snapshot().Service("default", "site"); job.Count != test.isCount || job.TaskDefinition != got.TaskDefinition {
				t.Errorf("the job is %+v", job)
			}
		})
	}
}

// A job that ECS's calls made is one that a file can go on with, and the other way round.
func TestJobsAndServicesAreTheSame(t *testing.T) {
	n := newTown(t)
	web := webSpec(func(s *structs.JobSpec) { s.Name, s.Containers[0].Image = "web", "i" })
	if same := n.put(web); same.Result != structs.JobUnchanged || same.TaskDefinition != "app:1" {
		t.Errorf("a file that says what the service is: %+v", same)
	}
	web.Containers[0].Image = "i:2"
	if put := n.put(web); put.Result != structs.JobUpdated || put.TaskDefinition != "web:1" || put.Version != 2 {
		t.Errorf("a file that says something else: %+v", put)
	}
	detail, err := n.Control.DescribeJob(t.Context(), "default", "web")
	noError(t, err)
	if len(detail.Versions) != 2 || len(detail.Deployments) != 2 || len(detail.Evaluations) == 0 || len(detail.Events) == 0 || detail.Job.Running != 2 || detail.Spec.Containers[0].Image != "i:2" {
		t.Errorf("the service as a job: %+v", detail)
	}
	if again := n.put(detail.Spec); again.Result != structs.JobUnchanged {
		t.Errorf("the spec that a job shows is not that job: %+v", again.Changes)
	}
	n.update(control.UpdateServiceInput{ServiceChange: control.ServiceChange{Count: new(1)}})
	n.Settle(t)
	web.Count = new(2)
	if put := n.put(web); put.Version != 4 || len(put.Changes) != 1 {
		t.Errorf("after UpdateService: %+v", put)
	}
}

// A revision that runs the same is used again, whoever registered it.
func TestPutJobFindsItsRevision(t *testing.T) {
	n := newTown(t)
	n.put(webSpec())
	n.put(webSpec(func(s *structs.JobSpec) { s.Containers[0].Image = "i:2" }))
	_, err := n.Control.StopJob(t.Context(), "default", "site")
	noError(t, err)
	n.Settle(t)
	if put := n.put(webSpec(func(s *structs.JobSpec) { s.Containers[0].Image = "i:2" })); put.Result != structs.JobCreated || put.TaskDefinition != "site:2" {
		t.Errorf("after it was stopped: %+v", put)
	}
	_, err = n.Control.DeregisterTaskDefinition(t.Context(), "site:2")
	noError(t, err)
	if put := n.put(webSpec(func(s *structs.JobSpec) { s.Containers[0].Image = "i:2" })); put.Result != structs.JobUnchanged {
		t.Errorf("a job goes on with a revision that was deregistered: %+v", put)
	}
	n.put(webSpec(func(s *structs.JobSpec) { s.Containers[0].Image = "i:3" }))
	if put := n.put(webSpec(func(s *structs.JobSpec) { s.Containers[0].Image = "i:2" })); put.TaskDefinition != "site:4" {
		t.Errorf("but it does not come back to one: %+v", put)
	}
}

func TestPutJobRefuses(t *testing.T) {
	n := newTown(t)
	n.put(webSpec())
	for name, test := range map[string]struct {
		spec *structs.JobSpec
		kind structs.Kind
		want string
	}{
		"nothing": {&structs.JobSpec{}, structs.KindInvalidParameter, "name: a job needs one"},
		"no cluster": {webSpec(func(s *structs.JobSpec) { s.Cluster = "nosuch" }), structs.KindClusterNotFound,
			"cluster: there is no cluster nosuch"},
		"another type": {func() *structs.JobSpec {
			s := structs.NewJobSpec(structs.JobDaemon)
			s.Name, s.Containers = "site", webSpec().Containers
			return s
		}(), structs.KindConflict, "type: job site is a service and cannot become a daemon"},
		"negative": {webSpec(func(s *structs.JobSpec) { s.Count = new(-1) }), structs.KindInvalidParameter, "count: -1 is out of range"},
		"percent":  {webSpec(func(s *structs.JobSpec) { s.Update.MaximumPercent = 1 }), structs.KindInvalidParameter, "update.maximumPercent: 1 is out of range"},
		"grace":    {webSpec(func(s *structs.JobSpec) { s.Health.GracePeriod = -1 }), structs.KindInvalidParameter, "health.gracePeriodSeconds: -1"},
		"rollback": {webSpec(func(s *structs.JobSpec) { s.Update.Rollback = true }), structs.KindInvalidParameter,
			"update.rollback: it needs circuitBreaker to be true as well"},
		"threshold": {webSpec(func(s *structs.JobSpec) {
			s.Update.ThresholdConfiguration = &structs.BreakerThreshold{Type: "MANY", Value: 3}
		}), structs.KindInvalidParameter, `update.thresholdConfiguration.type: "MANY" is not BOUNDED_PERCENT, UNBOUNDED_PERCENT or COUNT`},
		"thresholds": {webSpec(func(s *structs.JobSpec) {
			s.Update.FailureThreshold = 2
			s.Update.ThresholdConfiguration = &structs.BreakerThreshold{Type: structs.ThresholdCount, Value: 3}
		}), structs.KindInvalidParameter, "update.failureThreshold is a thresholdConfiguration of type COUNT"},
		"no threshold": {webSpec(func(s *structs.JobSpec) { s.Update.FailureThreshold = -1 }), structs.KindInvalidParameter, "update.failureThreshold: -1"},
		"rebalancing": {webSpec(func(s *structs.JobSpec) {
			s.Rebalancing, s.Update.MaximumPercent, s.Update.MinimumHealthyPercent = "ENABLED", 100, 0
		}),
			structs.KindInvalidParameter, "availabilityZoneRebalancing: ENABLED is not possible: update.maximumPercent"},
		"constraint": {webSpec(func(s *structs.JobSpec) {
			s.Placement.Constraints = []structs.PlacementConstraint{{Type: "memberOf", Expression: "a ="}}
		}), structs.KindInvalidParameter, "placement.constraints[0]: the expression 'a =' is not valid"},
		"strategy": {webSpec(func(s *structs.JobSpec) { s.Placement.Strategy = []structs.PlacementStrategy{{Type: "best"}} }),
			structs.KindInvalidParameter, "placement.strategy[0]: the type must be"},
		"a definition that is none": {webSpec(func(s *structs.JobSpec) { s.Containers[0].Memory = new(int32(1)) }),
			structs.KindInvalidParameter, "Invalid setting for container 'main'. 'memory' is 1 MiB"},
		"not supported": {webSpec(func(s *structs.JobSpec) {
			s.Containers[0].RestartPolicy = &structs.ContainerRestartPolicy{Enabled: new(true)}
		}),
			structs.KindUnsupportedFeature, "containers[0].restartPolicy: not supported"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := n.Control.PutJob(t.Context(), test.spec, "")
			expectError(t, err, test.kind, test.want)
			_, planned := n.Control.PlanJob(t.Context(), test.spec)
			if planned == nil || planned.Error() != err.Error() {
				t.Errorf("the plan says %v", planned)
			}
		})
	}
	_, err := n.Control.StopJob(t.Context(), "default", "site")
	noError(t, err)
	_, err = n.Control.PutJob(t.Context(), webSpec(), "")
	expectError(t, err, structs.KindConflict, "job site is still being stopped")
}

func TestDaemonFromAFile(t *testing.T) {
	n := newTown(t)
	n.AddInstance(t, "default", 1024, 1024)
	spec := structs.NewJobSpec(structs.JobDaemon)
	spec.Name, spec.Containers = "each", webSpec().Containers
	if put := n.put(spec); put.Result != structs.JobCreated || len(n.tasks(put.Deployment)) != 2 {
		t.Errorf("the daemon: %+v", put)
	}
	n.AddInstance(t, "default", 1024, 1024)
	n.Settle(t)
	if put := n.put(spec); put.Result != structs.JobUnchanged {
		t.Errorf("one instance more is no change of the file: %+v", put)
	}
}

func TestListAndStopJobs(t *testing.T) {
	n := newTown(t)
	n.put(webSpec())
	run(t, n.Control, control.RunTaskInput{Job: structs.Job{Cluster: "default", TaskDefinition: "app", Count: 2}})
	list, err := n.Control.ListJobs(t.Context(), "default", false)
	noError(t, err)
	if len(list.Jobs) != 3 || list.Jobs[0].Name != "site" || list.Jobs[1].Name != "web" || list.Jobs[1].Running != 2 || list.Jobs[1].Rollout != structs.RolloutCompleted || list.Jobs[2].Pending != 2 {
		t.Fatalf("the jobs are %+v", list.Jobs)
	}
	batch := list.Jobs[2].ID
	for _, name := range []string{"site", batch} {
		_, err := n.Control.StopJob(t.Context(), "default", name)
		noError(t, err)
	}
	n.Settle(t)
	for all, want := range map[bool]int{false: 1, true: 3} {
		if list, err = n.Control.ListJobs(t.Context(), "default", all); err != nil || len(list.Jobs) != want {
			t.Errorf("all %v after two were stopped: %v %+v", all, err, list.Jobs)
		}
	}
	if again, err := n.Control.StopJob(t.Context(), "default", "site"); err != nil || again.Status != structs.ServiceInactive {
		t.Errorf("stopping it again: %v, %+v", err, again)
	}
	_, err = n.Control.StopJob(t.Context(), "default", "nosuch")
	expectError(t, err, structs.KindResourceNotFound, "there is no job nosuch in cluster default")
	_, err = n.Control.ListJobs(t.Context(), "nosuch", false)
	expectError(t, err, structs.KindClusterNotFound, "")
}

// A file says how traffic moves as ECS does, with ECS's steps where it says nothing, and errors
// name the fields of the file.
func TestShiftFromAFile(t *testing.T) {
	n := newTown(t)
	shift := func(p structs.ShiftPolicy) *structs.JobSpec {
		return webSpec(func(s *structs.JobSpec) { s.Update.Shift = &p })
	}
	n.put(shift(structs.ShiftPolicy{Strategy: "LINEAR", Hooks: []structs.LifecycleHook{{Stages: []string{"POST_SCALE_UP"}}}}))
	want := &structs.ShiftPolicy{Strategy: "LINEAR", StepPercent: 10, StepBakeMinutes: 6, Hooks: []structs.LifecycleHook{
		{Stages: []string{"POST_SCALE_UP"}, TimeoutMinutes: 1440, TimeoutAction: "ROLLBACK"},
	}}
	if diff := cmp.Diff(want, n.Store.Snapshot().Service("default", "site").Service.Update.Shift); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := n.put(shift(*want)); again.Result != structs.JobUnchanged {
		t.Errorf("what was filled in, said again, changes %v", again)
	}
	for field, p := range map[string]structs.ShiftPolicy{
		"update.shift.strategy":                          {Strategy: "GREEN"},
		"update.shift.stepPercent":                       {Strategy: "CANARY", StepPercent: 101},
		"update.shift.stepBakeTimeInMinutes":             {Strategy: "LINEAR", StepBakeMinutes: -1},
		"update.shift.bakeTimeInMinutes":                 {Strategy: "BLUE_GREEN", BakeMinutes: -1},
		"update.shift.lifecycleHooks[0].lifecycleStages": {Strategy: "BLUE_GREEN", Hooks: []structs.LifecycleHook{{Stages: []string{"NEVER"}}}},
	} {
		if _, err := n.Control.PutJob(t.Context(), shift(p), ""); err == nil || !strings.Contains(err.Error(), field+":") {
			t.Errorf("%s: the error is %v", field, err)
		}
	}
}

// The tasks of a job file are shared out among capacity providers, and another strategy replaces
// them.
func TestCapacityFromAFile(t *testing.T) {
	n := newTown(t)
	strategy := func(provider string) *structs.JobSpec {
		return webSpec(func(s *structs.JobSpec) {
			s.CapacityStrategy = []structs.CapacityProviderStrategyItem{{CapacityProvider: provider, Weight: 1}}
		})
	}
	if _, err := n.Control.PutJob(t.Context(), strategy("FARGATE"), ""); err == nil || !strings.Contains(err.Error(), "capacityProviderStrategy") {
		t.Errorf("a provider that is not the cluster's: %v", err)
	}
	_, err := n.Control.UpdateCluster(t.Context(), structs.UpdateCluster{
		Cluster: "default", Providers: &structs.ClusterProviders{Providers: []string{"FARGATE", "FARGATE_SPOT"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	first := n.put(strategy("FARGATE"))
	if tasks := n.tasks(first.Deployment); len(tasks) != 1 || n.Store.Snapshot().Task(tasks[0]).CapacityProvider != "FARGATE" {
		t.Errorf("the tasks are %+v", tasks)
	}
	if again := n.put(strategy("FARGATE")); again.Result != structs.JobUnchanged {
		t.Errorf("the same file changes %+v", again)
	}
	if next := n.put(strategy("FARGATE_SPOT")); next.Deployment == "" || next.Deployment == first.Deployment {
		t.Errorf("another strategy makes no deployment: %+v", next)
	}
	if next := n.put(webSpec()); next.Deployment == "" || n.Store.Snapshot().Service("default", "site").LaunchType != "EC2" {
		t.Errorf("no strategy any more: %+v", next)
	}
}

// Who puts a job file made its service and its revision, whoever changes them later.
func TestPutJobSaysWho(t *testing.T) {
	n := newTown(t)
	put := func(who string, change func(*structs.JobSpec)) {
		t.Helper()
		ctx := control.WithCaller(t.Context(), &control.Caller{ARN: who})
		if _, err := n.Control.PutJob(ctx, webSpec(change), ""); err != nil {
			t.Fatal(err)
		}
	}
	put("arn:one", func(*structs.JobSpec) {})
	put("arn:two", func(s *structs.JobSpec) { s.Containers[0].Image = "i:2" })
	snap := n.Store.Snapshot()
	if by := snap.Service("default", "site").Service.CreatedBy; by != "arn:one" {
		t.Errorf("the service is of %q", by)
	}
	if one, two := snap.TaskDefinition("site:1").RegisteredBy, snap.TaskDefinition("site:2").RegisteredBy; one != "arn:one" || two != "arn:two" {
		t.Errorf("the revisions are of %q and %q", one, two)
	}
}

// A job is up once its tasks have been RUNNING for minHealthySeconds: until then those that wait
// for it are told so.
func TestTasksThatHaveJustStartedAreNotHealthy(t *testing.T) {
	n := newTown(t)
	n.SetStep(time.Millisecond)
	if _, err := n.Control.PutJob(t.Context(), webSpec(func(s *structs.JobSpec) { s.Count = new(2) }), ""); err != nil {
		t.Fatal(err)
	}
	unhealthy := func() int {
		t.Helper()
		d, err := n.Control.DescribeJob(t.Context(), "default", "site")
		noError(t, err)
		if d.Job.Running != 2 {
			t.Fatalf("%d tasks run, want 2", d.Job.Running)
		}
		return d.Job.Unhealthy
	}
	n.RunPlaced(t)
	if got := unhealthy(); got != 2 {
		t.Errorf("at once %d are not healthy, want 2", got)
	}
	n.Advance(t, 1100*time.Millisecond)
	if got := unhealthy(); got != 0 {
		t.Errorf("a second later %d are not healthy, want 0", got)
	}
}
