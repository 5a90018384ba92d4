package control_test

import (
	"context"
	"log/slog"
	"regexp"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// A change that makes no difference to new tasks creates no deployment (ECS).
func TestUpdateServiceDecidesOnADeployment(t *testing.T) {
	changes := map[string]struct {
		in   control.UpdateServiceInput
		want int // deployments beside the first
	}{
		"nothing":             {control.UpdateServiceInput{}, 0},
		"count":               {control.UpdateServiceInput{ServiceChange: control.ServiceChange{Count: new(3)}}, 0},
		"percents":            {control.UpdateServiceInput{ServiceChange: control.ServiceChange{MaximumPercent: new(int32(150))}}, 0},
		"grace":               {control.UpdateServiceInput{ServiceChange: control.ServiceChange{HealthGrace: new(int32(0))}}, 0},
		"tags":                {control.UpdateServiceInput{ServiceChange: control.ServiceChange{PropagateTags: structs.PropagateFromDefinition}}, 0},
		"the same definition": {control.UpdateServiceInput{ServiceChange: control.ServiceChange{TaskDefinition: "app:1"}}, 0},
		"strategy": {control.UpdateServiceInput{ServiceChange: control.ServiceChange{
			PlacementStrategy: []structs.PlacementStrategy{{Type: "spread", Field: "instanceId"}},
		}}, 0},
		"the same capacity providers": {control.UpdateServiceInput{ServiceChange: control.ServiceChange{
			CapacityStrategy: []structs.CapacityProviderStrategyItem{},
		}}, 0},
		"capacity providers": {control.UpdateServiceInput{ServiceChange: control.ServiceChange{
			CapacityStrategy: []structs.CapacityProviderStrategyItem{{CapacityProvider: "FARGATE", Weight: 1}},
		}}, 1},
		"definition": {control.UpdateServiceInput{ServiceChange: control.ServiceChange{TaskDefinition: "app"}}, 1},
		"force":      {control.UpdateServiceInput{ForceNewDeployment: true}, 1},
	}
	for name, test := range changes {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			_, err := h.Control.UpdateCluster(t.Context(), structs.UpdateCluster{
				Cluster: "default", Providers: &structs.ClusterProviders{Providers: []string{"FARGATE"}},
			})
			noError(t, err)
			job := h.update(test.in)
			if got := h.deployments("web"); len(got) != 1+test.want {
				t.Fatalf("%d deployments, want %d", len(got), 1+test.want)
			}
			if job.Version != 2 {
				t.Errorf("version %d, want 2", job.Version)
			}
			primary := h.deployments("web")[test.want]
			if primary.Status != structs.DeploymentPrimary || primary.TaskDefinition != job.TaskDefinition || !regexp.MustCompile(`^ecs-svc/\d{19}$`).MatchString(primary.ID) {
				t.Errorf("primary deployment: %+v", primary)
			}
		})
	}
}

// Fields that are left out stay. An empty list removes.
func TestUpdateServiceKeepsTheRest(t *testing.T) {
	h := newHarness(t)
	h.update(control.UpdateServiceInput{ServiceChange: control.ServiceChange{
		MinimumHealthyPercent: new(int32(50)), CircuitBreaker: &control.CircuitBreaker{
			Enable: true, Rollback: true, ResetOnHealthyTask: new(false), Threshold: &structs.BreakerThreshold{Type: structs.ThresholdCount, Value: 2},
		},
		PlacementStrategy:    []structs.PlacementStrategy{{Type: "random"}},
		PlacementConstraints: []structs.PlacementConstraint{{Type: "memberOf", Expression: "attribute:ecs.os-type == linux"}},
	}})
	job := h.update(control.UpdateServiceInput{ServiceChange: control.ServiceChange{
		MaximumPercent: new(int32(150)), PlacementStrategy: []structs.PlacementStrategy{}, CircuitBreaker: &control.CircuitBreaker{Enable: true},
	}})
	want := structs.UpdatePolicy{
		MinimumHealthyPercent: 50, MaximumPercent: 150, CircuitBreaker: true, MinHealthySeconds: 1, ThresholdConfiguration: job.Service.Update.ThresholdConfiguration,
	}
	if got := job.Service.Update.BreakerThreshold(); got != (structs.BreakerThreshold{Type: structs.ThresholdCount, Value: 2}) {
		t.Errorf("the threshold is %+v", got)
	}
	if job.Service.Update != want || len(job.PlacementStrategy) != 0 || len(job.PlacementConstraints) != 1 || job.Count != 2 {
		t.Errorf("after two updates: %+v, %+v", job, job.Service)
	}
	if first := h.Store.Snapshot().JobVersion(job.ID, 1); first.Service.Update != structs.DefaultUpdatePolicy(structs.JobService) {
		t.Errorf("the update changed the first version: %+v", first.Service.Update)
	}
}

// racing is a log in which another write comes first.
type racing struct {
	control.Log
	before func() // called once for each of the first times
	times  int
}

func (r *racing) Apply(ctx context.Context, cmd structs.Command) (structs.Applied, error) {
	if _, ok := cmd.(structs.PutService); ok && r.times > 0 {
		r.times--
		r.before()
	}
	return r.Log.Apply(ctx, cmd)
}

// Two updates at the same time both take effect. One that always comes too late fails with an error
// that says so.
func TestUpdateServiceAmongOthers(t *testing.T) {
	h := newHarness(t)
	most := int32(200)
	log := &racing{Log: h.Node, times: 2, before: func() {
		most++
		h.update(control.UpdateServiceInput{ServiceChange: control.ServiceChange{MaximumPercent: &most}})
	}}
	c := control.New(control.Config{Log: log, Store: h.Store, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	in := control.UpdateServiceInput{Cluster: "default", Name: "web", ServiceChange: control.ServiceChange{Count: new(3)}}
	job, err := c.UpdateService(t.Context(), in)
	if err != nil || job.Count != 3 || job.Service.Update.MaximumPercent != 202 || job.Version != 4 {
		t.Fatalf("%v: %+v", err, job)
	}
	log.times = 100
	if _, err := c.UpdateService(t.Context(), in); structs.KindOf(err) != structs.KindConflict {
		t.Errorf("an update that others always overtake: %v", err)
	}
}
