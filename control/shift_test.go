package control_test

import (
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// shifting moves web to its second revision with strategy BLUE_GREEN, up to the hook after its
// green tasks are up.
func shifting(t *testing.T) (h *harness, d *structs.Deployment) {
	h = newHarness(t)
	h.update(control.UpdateServiceInput{ServiceChange: control.ServiceChange{Shift: control.ShiftChange{
		Strategy: structs.StrategyBlueGreen, BakeMinutes: new(int32(5)), Hooks: []structs.LifecycleHook{
			{Stages: []string{structs.StagePostScaleUp}, TimeoutMinutes: 60, TimeoutAction: structs.HookRollback},
		},
	}}})
	if all := h.deployments("web"); len(all) != 1 {
		t.Fatalf("another strategy alone makes %d deployments", len(all))
	}
	h.update(control.UpdateServiceInput{ServiceChange: control.ServiceChange{TaskDefinition: "app:2"}})
	h.Settle(t)
	h.Advance(t, 2*time.Second)
	d = h.deployments("web")[1]
	if d.Stage != structs.StagePostScaleUp || len(d.Pauses) != 1 || len(h.tasks(d.ID)) != 2 {
		t.Fatalf("the deployment does not wait with its tasks up: %+v", d)
	}
	return h, d
}

// TestContinueDeployment takes a deployment from its pause to its end.
func TestContinueDeployment(t *testing.T) {
	n, d := shifting(t)
	blue, hook := n.deployments("web")[0], d.Pauses[0].ID
	answer := func(action string) error { return n.Control.ContinueDeployment(t.Context(), d.ID, hook, action) }
	noError(t, answer(structs.HookContinue))
	noError(t, answer(structs.HookContinue))
	expectError(t, answer(structs.HookRollback), structs.KindInvalidParameter, "status is SUCCEEDED")
	baking := n.deployments("web")[1]
	if baking.Stage != structs.StageBakeTime || baking.Traffic.Production != 100 || len(n.tasks(blue.ID)) != 2 {
		t.Errorf("after its pause the deployment is %+v, with %d blue tasks", baking, len(n.tasks(blue.ID)))
	}
	n.Advance(t, 6*time.Minute)
	n.Settle(t)
	if d := n.deployments("web")[1]; d.Rollout != structs.RolloutCompleted || len(n.tasks(blue.ID)) != 0 || len(n.tasks(d.ID)) != 2 {
		t.Errorf("at its end the deployment is %+v", d)
	}
}

// TestContinueWithRollback checks that the blue tasks are never touched.
func TestContinueWithRollback(t *testing.T) {
	n, d := shifting(t)
	blue := n.tasks(n.deployments("web")[0].ID)
	noError(t, n.Control.ContinueDeployment(t.Context(), d.ID, d.Pauses[0].ID, structs.HookRollback))
	n.Settle(t)
	all := n.deployments("web")
	back := all[len(all)-1]
	if back.RollbackOf != d.ID || back.Rollout != structs.RolloutCompleted || len(n.tasks(d.ID)) != 0 {
		t.Errorf("the rollback is %+v", back)
	}
	for _, id := range blue {
		if task := n.Store.Snapshot().Task(id); task.StartedBy != back.ID || task.DesiredStatus != structs.TaskRunning {
			t.Errorf("blue task %+v, want it to go on as the rollback's", task)
		}
	}
}

// TestShiftChange checks that fields that are left out stay, and that fields that do not apply to a
// strategy are refused.
func TestShiftChange(t *testing.T) {
	h := newHarness(t)
	change := func(ch control.ShiftChange) *structs.ShiftPolicy {
		return h.update(control.UpdateServiceInput{ServiceChange: control.ServiceChange{Shift: ch}}).Service.Update.Shift
	}
	refused := func(ch control.ShiftChange, text string) {
		t.Helper()
		_, err := h.Control.UpdateService(t.Context(), control.UpdateServiceInput{Cluster: "default", Name: "web", ServiceChange: control.ServiceChange{Shift: ch}})
		expectError(t, err, structs.KindInvalidParameter, text)
	}
	refused(control.ShiftChange{BakeMinutes: new(int32(1))}, "bakeTimeInMinutes is for strategies")
	refused(control.ShiftChange{Strategy: structs.StrategyLinear, BakeMinutes: new(int32(1441))}, "bakeTimeInMinutes: 1441 is out of range")
	change(control.ShiftChange{Strategy: structs.StrategyLinear, BakeMinutes: new(int32(5)), StepsOf: structs.StrategyLinear, StepPercent: new(25.0)})
	p := change(control.ShiftChange{StepsOf: structs.StrategyLinear, StepBakeMinutes: new(int32(0))})
	if p.Strategy != structs.StrategyLinear || p.BakeMinutes != 5 || p.StepPercent != 25 || p.StepBakeMinutes != 0 {
		t.Errorf("after two changes the policy is %+v", p)
	}
	refused(control.ShiftChange{StepsOf: structs.StrategyCanary}, "canaryConfiguration is for strategy CANARY; the strategy is LINEAR")
	p = change(control.ShiftChange{Strategy: structs.StrategyCanary})
	if p.Strategy != structs.StrategyCanary || p.BakeMinutes != 5 || p.StepPercent != 5 || p.StepBakeMinutes != 10 {
		t.Errorf("as a canary the policy is %+v", p)
	}
	if p = change(control.ShiftChange{Strategy: structs.StrategyRolling}); p != nil {
		t.Errorf("back to ROLLING the policy is %+v", p)
	}
}
