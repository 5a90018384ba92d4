package ecs

import (
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// addServices adds services in every state: web is in the middle of its second deployment, steady
// has completed its first, agent is a daemon, broken never gets a task up, ending is being deleted
// and ended has been.
func (f *fixture) addServices(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	must := func(_ *structs.Job, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		_, err := f.Control.RegisterTaskDefinition(ctx, structs.TaskDefinition{
			Family: "tiny", ContainerDefinitions: []structs.ContainerDefinition{{Name: "main", Image: "app", Memory: new(int32(16))}},
		}, []structs.Tag{{Key: "team", Value: "infra"}})
		must(nil, err)
	}
	create := func(name string, count int, change control.ServiceChange, tags ...structs.Tag) {
		t.Helper()
		if change.TaskDefinition == "" {
			change.TaskDefinition = "tiny:1"
		}
		change.Count = &count
		must(f.Control.CreateService(ctx, control.CreateServiceInput{Cluster: "default", Name: name, ServiceChange: change, Tags: tags}))
	}
	create("web", 2, control.ServiceChange{
		TaskDefinition: "hello:1", CircuitBreaker: &control.CircuitBreaker{Enable: true, Rollback: true},
		PlacementStrategy: []structs.PlacementStrategy{{Type: "binpack", Field: "memory"}},
		PropagateTags:     structs.PropagateFromService, ManagedTags: new(true),
	}, structs.Tag{Key: "team", Value: "web"})
	create("steady", 1, control.ServiceChange{})
	create("ending", 1, control.ServiceChange{})
	create("ended", 0, control.ServiceChange{})
	must(f.Control.CreateService(ctx, control.CreateServiceInput{
		Cluster: "default", Name: "agent", Daemon: true, ServiceChange: control.ServiceChange{TaskDefinition: "tiny:1"},
	}))
	f.Settle(t)
	must(f.Control.DeleteService(ctx, "default", "ended", false))
	f.Settle(t)
	must(f.Control.DeleteService(ctx, "default", "ending", true))
	must(f.Control.UpdateService(ctx, control.UpdateServiceInput{
		Cluster: "default", Name: "web", ServiceChange: control.ServiceChange{TaskDefinition: "hello"},
	}))
}

// addTaskSets adds service external with two task sets: blue is PRIMARY with two of its three tasks
// RUNNING, green has no tasks.
func (f *fixture) addTaskSets(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := f.Control.CreateService(ctx, control.CreateServiceInput{
		Cluster: "default", Name: "external", External: true, ServiceChange: control.ServiceChange{Count: new(5)},
	})
	must(err)
	create := func(name string, scale float64) *structs.Deployment {
		set, err := f.Control.CreateTaskSet(ctx, control.CreateTaskSetInput{
			Cluster: "default", Service: "external", TaskDefinition: "hello:1", ExternalID: name, Scale: scale,
			Tags: []structs.Tag{{Key: "color", Value: name}}, ClientToken: name, RequestHash: name,
		})
		must(err)
		return set
	}
	f.blue, f.green = create("blue", 40), create("green", 0)
	f.Settle(t)
	_, err = f.Control.ScaleTaskSet(ctx, control.TaskSetName{Cluster: "default", Service: "external", ID: f.blue.ID}, 60)
	must(err)
	_, err = f.Control.SetPrimaryTaskSet(ctx, control.TaskSetName{Cluster: "default", Service: "external", ID: f.blue.ID})
	must(err)
}

// addGreen adds a service green that moves to its second revision as a canary, and waits at the
// hook after its green tasks are up.
func (f *fixture) addGreen(t *testing.T) {
	t.Helper()
	must := func(_ *structs.Job, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(f.Control.CreateService(t.Context(), control.CreateServiceInput{Cluster: "default", Name: "green", ServiceChange: control.ServiceChange{
		TaskDefinition: "tiny:1", Count: new(1),
		Shift: control.ShiftChange{Strategy: structs.StrategyCanary, BakeMinutes: new(int32(5)), Hooks: []structs.LifecycleHook{
			{Stages: []string{structs.StagePreProductionShift}, TimeoutMinutes: 30, TimeoutAction: structs.HookRollback},
		}},
	}}))
	f.Settle(t)
	must(f.Control.UpdateService(t.Context(), control.UpdateServiceInput{
		Cluster: "default", Name: "green", ServiceChange: control.ServiceChange{TaskDefinition: "tiny:2"},
	}))
	f.Settle(t)
	f.Advance(t, 2*time.Second)
}

// placeholders returns a replacer of the names in requests that stand for the fixture's minted ids.
func (f *fixture) placeholders() *strings.Replacer {
	names := []string{"$INSTANCE", f.instance.ID, "$RUNNING", f.running.ID, "$STOPPED", f.stopped.ID}
	if f.ofBig != nil {
		names = append(names, "$OF_BIG", f.ofBig.ID)
	}
	if f.ofVision != nil {
		names = append(names, "$VISION", f.ofVision.ID, "$TRAINING", f.training.ID)
	}
	if f.ofPrivate != nil {
		names = append(names, "$PRIVATE", f.ofPrivate.ID, "$NEW", f.addressed[0].ID, "$UP", f.addressed[1].ID, "$ENDED", f.addressed[2].ID, "$ATTACHMENT", structs.TaskAttachmentID(f.addressed[0].ID))
	}
	snap := f.Store.Snapshot()
	add := func(service, name string) {
		job := snap.Service("default", service)
		if job == nil {
			return
		}
		for d := range snap.Deployments(job.ID) {
			names = append(names, "$"+name+"_V"+string('0'+rune(d.JobVersion)), strings.TrimPrefix(d.ID, deploymentPrefix))
			for _, p := range d.Pauses {
				names = append(names, "$"+name+"_HOOK", p.ID)
			}
		}
		for task := range snap.JobTasks(job.ID) {
			names = append(names, "$"+name+"_"+strings.TrimPrefix(task.TaskDefinition, "hello:")+"_TASK", task.ID)
		}
	}
	if f.blue != nil {
		names = append(names, "$BLUE", f.blue.ID, "$GREEN", f.green.ID)
	}
	add("web", "WEB")
	add("steady", "STEADY")
	add("vpc", "VPC")
	add("green", "SHIFT")
	add("balanced", "BALANCED")
	add("metered", "METERED")
	return strings.NewReplacer(names...)
}
