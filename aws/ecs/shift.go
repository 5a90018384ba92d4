package ecs

import (
	"cmp"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// hookPause is the type of lifecycle hook that Gantry has.
const hookPause = "PAUSE"

// shiftChange reads the part of a deployment configuration that is about strategies other than
// ROLLING.
func shiftChange(given *DeploymentConfiguration) control.ShiftChange {
	ch := control.ShiftChange{Strategy: given.Strategy, BakeMinutes: given.BakeTimeInMinutes}
	if l := given.LinearConfiguration; l != nil {
		ch.StepsOf, ch.StepPercent, ch.StepBakeMinutes = structs.StrategyLinear, l.StepPercent, l.StepBakeTimeInMinutes
	}
	if c := given.CanaryConfiguration; c != nil {
		ch.StepsOf, ch.StepPercent, ch.StepBakeMinutes = structs.StrategyCanary, c.CanaryPercent, c.CanaryBakeTimeInMinutes
	}
	if given.LifecycleHooks != nil {
		ch.Hooks = []structs.LifecycleHook{}
	}
	for _, h := range given.LifecycleHooks {
		hook := structs.LifecycleHook{
			Stages: h.LifecycleStages, TimeoutMinutes: structs.DefaultHookTimeoutMinutes, TimeoutAction: structs.DefaultHookTimeoutAction,
		}
		if t := h.TimeoutConfiguration; t != nil {
			hook.TimeoutAction = cmp.Or(t.Action, hook.TimeoutAction)
			if t.TimeoutInMinutes != nil {
				hook.TimeoutMinutes = *t.TimeoutInMinutes
			}
		}
		ch.Hooks = append(ch.Hooks, hook)
	}
	return ch
}

// showShift adds to a deployment configuration how the traffic moves.
func showShift(out *DeploymentConfiguration, p *structs.ShiftPolicy) {
	out.Strategy, out.BakeTimeInMinutes = p.Strategy, &p.BakeMinutes
	switch p.Strategy {
	case structs.StrategyLinear:
		out.LinearConfiguration = &LinearConfiguration{StepPercent: &p.StepPercent, StepBakeTimeInMinutes: &p.StepBakeMinutes}
	case structs.StrategyCanary:
		out.CanaryConfiguration = &CanaryConfiguration{CanaryPercent: &p.StepPercent, CanaryBakeTimeInMinutes: &p.StepBakeMinutes}
	}
	for _, h := range p.Hooks {
		out.LifecycleHooks = append(out.LifecycleHooks, DeploymentLifecycleHook{
			TargetType: hookPause, LifecycleStages: h.Stages,
			TimeoutConfiguration: &DeploymentLifecycleHookTimeoutConfiguration{Action: h.TimeoutAction, TimeoutInMinutes: &h.TimeoutMinutes},
		})
	}
}

// showStage adds to a service deployment its stage, its pauses, and where the traffic goes.
func showStage(out *ServiceDeployment, d *serviceDeployment) {
	out.LifecycleStage = d.Stage
	for _, p := range d.Pauses {
		out.LifecycleHookDetails = append(out.LifecycleHookDetails, DeploymentLifecycleHookDetail{
			HookId: p.ID, TargetType: hookPause, Status: p.Status, TimeoutAction: p.TimeoutAction, ExpiresAt: p.ExpiresAt,
		})
	}
	if d.Stage == "" {
		return
	}
	t := structs.Traffic{} // of one that failed or was replaced, nothing is left
	if d.Traffic != nil && (d.Status == structs.DeploymentPrimary || d.Rollout == structs.RolloutCompleted) {
		t = *d.Traffic
	}
	setWeights(out.TargetServiceRevision, t.Production, t.Test)
	for n := range out.SourceServiceRevisions {
		setWeights(&out.SourceServiceRevisions[n], 100-t.Production, 100-t.Test)
	}
}

func setWeights(r *ServiceRevisionSummary, production, test float64) {
	r.RequestedProductionTrafficWeight, r.RequestedTestTrafficWeight = &production, &test
}
