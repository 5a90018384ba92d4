package control_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

func TestDaemonFromAFile(t *testing.T) {
	h := newHarness(t)
	h.AddInstance(t, "default", 1024, 1024)
	spec := structs.NewJobSpec(structs.JobDaemon)
	spec.Name, spec.Containers = "each", webSpec().Containers
	if put := h.put(spec); put.Result != structs.JobCreated || len(h.tasks(put.Deployment)) != 2 {
		t.Errorf("the daemon: %+v", put)
	}
	h.AddInstance(t, "default", 1024, 1024)
	h.Settle(t)
	if put := h.put(spec); put.Result != structs.JobUnchanged {
		t.Errorf("one instance more is no change of the file: %+v", put)
	}
}

// A file describes how traffic moves as ECS does, with ECS's steps by default, and errors name the
// fields of the file.
func TestShiftFromAFile(t *testing.T) {
	h := newHarness(t)
	shift := func(p structs.ShiftPolicy) *structs.JobSpec {
		return webSpec(func(s *structs.JobSpec) { s.Update.Shift = &p })
	}
	h.put(shift(structs.ShiftPolicy{Strategy: "LINEAR", Hooks: []structs.LifecycleHook{{Stages: []string{"POST_SCALE_UP"}}}}))
	want := &structs.ShiftPolicy{Strategy: "LINEAR", StepPercent: 10, StepBakeMinutes: 6, Hooks: []structs.LifecycleHook{
		{Stages: []string{"POST_SCALE_UP"}, TimeoutMinutes: 1440, TimeoutAction: "ROLLBACK"},
	}}
	if diff := cmp.Diff(want, h.Store.Snapshot().Service("default", "site").Service.Update.Shift); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := h.put(shift(*want)); again.Result != structs.JobUnchanged {
		t.Errorf("what was filled in, said again, changes %v", again)
	}
	for field, p := range map[string]structs.ShiftPolicy{
		"update.shift.strategy":                          {Strategy: "GREEN"},
		"update.shift.stepPercent":                       {Strategy: "CANARY", StepPercent: 101},
		"update.shift.stepBakeTimeInMinutes":             {Strategy: "LINEAR", StepBakeMinutes: -1},
		"update.shift.bakeTimeInMinutes":                 {Strategy: "BLUE_GREEN", BakeMinutes: -1},
		"update.shift.lifecycleHooks[0].lifecycleStages": {Strategy: "BLUE_GREEN", Hooks: []structs.LifecycleHook{{Stages: []string{"NEVER"}}}},
	} {
		if _, err := h.Control.PutJob(t.Context(), shift(p), ""); err == nil || !strings.Contains(err.Error(), field+":") {
			t.Errorf("%s: the error is %v", field, err)
		}
	}
}

// The tasks of a job file are shared out among capacity providers, and another strategy replaces
// them.
func TestCapacityFromAFile(t *testing.T) {
	h := newHarness(t)
	strategy := func(provider string) *structs.JobSpec {
		return webSpec(func(s *structs.JobSpec) {
			s.CapacityStrategy = []structs.CapacityProviderStrategyItem{{CapacityProvider: provider, Weight: 1}}
		})
	}
	if _, err := h.Control.PutJob(t.Context(), strategy("FARGATE"), ""); err == nil || !strings.Contains(err.Error(), "capacityProviderStrategy") {
		t.Errorf("a provider that is not the cluster's: %v", err)
	}
	_, err := h.Control.UpdateCluster(t.Context(), structs.UpdateCluster{
		Cluster: "default", Providers: &structs.ClusterProviders{Providers: []string{"FARGATE", "FARGATE_SPOT"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	first := h.put(strategy("FARGATE"))
	if tasks := h.tasks(first.Deployment); len(tasks) != 1 || h.Store.Snapshot().Task(tasks[0]).CapacityProvider != "FARGATE" {
		t.Errorf("the tasks are %+v", tasks)
	}
	if again := h.put(strategy("FARGATE")); again.Result != structs.JobUnchanged {
		t.Errorf("the same file changes %+v", again)
	}
	if next := h.put(strategy("FARGATE_SPOT")); next.Deployment == "" || next.Deployment == first.Deployment {
		t.Errorf("another strategy makes no deployment: %+v", next)
	}
	if next := h.put(webSpec()); next.Deployment == "" || h.Store.Snapshot().Service("default", "site").LaunchType != "EC2" {
		t.Errorf("no strategy any more: %+v", next)
	}
}

// A service is created by the first caller who puts its job file, and each revision by the caller
// whose file it is of, whoever changes the service later.
func TestPutJobSaysWho(t *testing.T) {
	h := newHarness(t)
	put := func(who string, change func(*structs.JobSpec)) {
		t.Helper()
		ctx := control.WithCaller(t.Context(), &control.Caller{ARN: who})
		if _, err := h.Control.PutJob(ctx, webSpec(change), ""); err != nil {
			t.Fatal(err)
		}
	}
	put("arn:one", func(*structs.JobSpec) {})
	put("arn:two", func(s *structs.JobSpec) { s.Containers[0].Image = "i:2" })
	snap := h.Store.Snapshot()
	if by := snap.Service("default", "site").Service.CreatedBy; by != "arn:one" {
		t.Errorf("the service is of %q", by)
	}
	if one, two := snap.TaskDefinition("site:1").RegisteredBy, snap.TaskDefinition("site:2").RegisteredBy; one != "arn:one" || two != "arn:two" {
		t.Errorf("the revisions are of %q and %q", one, two)
	}
}
