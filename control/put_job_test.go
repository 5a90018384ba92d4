package control_test

import (
	"testing"

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

func (h *harness) put(spec *structs.JobSpec) *structs.JobPut {
	h.t.Helper()
	out, err := h.Control.PutJob(h.t.Context(), spec, "")
	if err != nil {
		h.t.Fatal(err)
	}
	h.Settle(h.t)
	return out
}

func (h *harness) revisions(family string) (count int) {
	for range h.Store.Snapshot().FamilyTaskDefinitions(family) {
		count++
	}
	return count
}

func TestPutJobIsIdempotent(t *testing.T) {
	h := newHarness(t)
	spec := func() *structs.JobSpec {
		return webSpec(func(s *structs.JobSpec) {
			s.Count, s.Cpu = new(2), "0.25 vCPU"
			s.Tags = []structs.Tag{{Key: "team", Value: "shop"}}
			s.Placement.Strategy = []structs.PlacementStrategy{{Type: "spread", Field: "instanceId"}}
			s.Containers[0].PortMappings = []structs.PortMapping{{ContainerPort: new(int32(80))}}
			s.Containers[0].HealthCheck = &structs.HealthCheck{Command: []string{"CMD", "true"}}
		})
	}
	first := h.put(spec())
	if first.Result != structs.JobCreated || first.Version != 1 || first.TaskDefinition != "site:1" || first.Deployment == "" || first.Evaluation == "" {
		t.Errorf("the first time: %+v", first)
	}
	snap := h.Store.Snapshot()
	if job := snap.Service("default", "site"); job.ID != first.ID || job.Count != 2 || len(h.tasks(first.Deployment)) != 2 {
		t.Errorf("the job is %+v", job)
	}
	if diff := cmp.Diff(spec().Tags, snap.Tags("service/default/site")); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	again := h.put(spec())
	want := &structs.JobPut{
		Result: structs.JobUnchanged, ID: first.ID, Name: "site", Cluster: "default", Type: "service", Version: 1, TaskDefinition: "site:1",
	}
	if diff := cmp.Diff(want, again); diff != "" {
		t.Errorf("the second time (-want +got):\n%s", diff)
	}
	if after := h.Store.Snapshot(); after.Index() != snap.Index() {
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
			h := newHarness(t)
			base := func(s *structs.JobSpec) {
				s.Count, s.Tags = new(2), []structs.Tag{{Key: "a", Value: "1"}}
				s.Placement.Strategy = []structs.PlacementStrategy{{Type: "spread", Field: "host"}}
			}
			h.put(webSpec(base))
			before := h.Store.Snapshot().Index()
			plan, err := h.Control.PlanJob(t.Context(), webSpec(base, test.change))
			noError(t, err)
			if h.Store.Snapshot().Index() != before {
				t.Error("planning wrote to the log")
			}
			got := h.put(webSpec(base, test.change))
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
			if h.revisions("site") != revisions || len(h.deployments("site")) != deployments || got.Version != 2 {
				t.Errorf("%d revisions, %d deployments, version %d", h.revisions("site"), len(h.deployments("site")), got.Version)
			}
			if job := h.Store.Snapshot().Service("default", "site"); job.Count != test.isCount || job.TaskDefinition != got.TaskDefinition {
				t.Errorf("the job is %+v", job)
			}
		})
	}
}

// A file can update a job that was created by ECS calls, and the other way round.
func TestJobsAndServicesAreTheSame(t *testing.T) {
	h := newHarness(t)
	web := webSpec(func(s *structs.JobSpec) { s.Name, s.Containers[0].Image = "web", "i" })
	if same := h.put(web); same.Result != structs.JobUnchanged || same.TaskDefinition != "app:1" {
		t.Errorf("a file that says what the service is: %+v", same)
	}
	web.Containers[0].Image = "i:2"
	if put := h.put(web); put.Result != structs.JobUpdated || put.TaskDefinition != "web:1" || put.Version != 2 {
		t.Errorf("a file that says something else: %+v", put)
	}
	detail, err := h.Control.DescribeJob(t.Context(), "default", "web")
	noError(t, err)
	if len(detail.Versions) != 2 || len(detail.Deployments) != 2 || len(detail.Evaluations) == 0 || len(detail.Events) == 0 || detail.Job.Running != 2 || detail.Spec.Containers[0].Image != "i:2" {
		t.Errorf("the service as a job: %+v", detail)
	}
	if again := h.put(detail.Spec); again.Result != structs.JobUnchanged {
		t.Errorf("the spec that a job shows is not that job: %+v", again.Changes)
	}
	h.update(control.UpdateServiceInput{ServiceChange: control.ServiceChange{Count: new(1)}})
	h.Settle(t)
	web.Count = new(2)
	if put := h.put(web); put.Version != 4 || len(put.Changes) != 1 {
		t.Errorf("after UpdateService: %+v", put)
	}
}

// An identical revision is reused, whoever registered it.
func TestPutJobFindsItsRevision(t *testing.T) {
	h := newHarness(t)
	h.put(webSpec())
	h.put(webSpec(func(s *structs.JobSpec) { s.Containers[0].Image = "i:2" }))
	_, err := h.Control.StopJob(t.Context(), "default", "site")
	noError(t, err)
	h.Settle(t)
	if put := h.put(webSpec(func(s *structs.JobSpec) { s.Containers[0].Image = "i:2" })); put.Result != structs.JobCreated || put.TaskDefinition != "site:2" {
		t.Errorf("after it was stopped: %+v", put)
	}
	_, err = h.Control.DeregisterTaskDefinition(t.Context(), "site:2")
	noError(t, err)
	if put := h.put(webSpec(func(s *structs.JobSpec) { s.Containers[0].Image = "i:2" })); put.Result != structs.JobUnchanged {
		t.Errorf("a job goes on with a revision that was deregistered: %+v", put)
	}
	h.put(webSpec(func(s *structs.JobSpec) { s.Containers[0].Image = "i:3" }))
	if put := h.put(webSpec(func(s *structs.JobSpec) { s.Containers[0].Image = "i:2" })); put.TaskDefinition != "site:4" {
		t.Errorf("but it does not come back to one: %+v", put)
	}
}

func TestPutJobRefuses(t *testing.T) {
	h := newHarness(t)
	h.put(webSpec())
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
			s.Containers[0].CredentialSpecs = []string{"credentialspec:s3"}
		}),
			structs.KindUnsupportedFeature, "containers[0].credentialSpecs: not supported"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.Control.PutJob(t.Context(), test.spec, "")
			expectError(t, err, test.kind, test.want)
			_, planned := h.Control.PlanJob(t.Context(), test.spec)
			if planned == nil || planned.Error() != err.Error() {
				t.Errorf("the plan says %v", planned)
			}
		})
	}
	_, err := h.Control.StopJob(t.Context(), "default", "site")
	noError(t, err)
	_, err = h.Control.PutJob(t.Context(), webSpec(), "")
	expectError(t, err, structs.KindConflict, "job site is still being stopped")
}
