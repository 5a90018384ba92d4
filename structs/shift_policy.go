package structs

import (
	"cmp"
	"math"
	"slices"
)

// The deployment strategies (ECS). ROLLING replaces tasks a few at a time. The others bring the
// whole new revision up beside the old one and then move the traffic over: all at once, in equal
// steps, or a little first and then the rest.
const (
	StrategyRolling   = "ROLLING"
	StrategyBlueGreen = "BLUE_GREEN"
	StrategyLinear    = "LINEAR"
	StrategyCanary    = "CANARY"
)

// ShiftPolicy says how a service's traffic moves to the next revision, if it is not a rolling
// deployment.
type ShiftPolicy struct {
	Strategy string `json:"strategy"` // BLUE_GREEN, LINEAR or CANARY
	// BakeMinutes is how long the old revision stays after the last of the traffic has moved.
	BakeMinutes int32 `json:"bakeTimeInMinutes,omitzero"`
	// StepPercent is how much of the traffic moves in each step of LINEAR, and in the first of the
	// two steps of CANARY. StepBakeMinutes is the wait before the next step.
	StepPercent     float64         `json:"stepPercent,omitzero"`
	StepBakeMinutes int32           `json:"stepBakeTimeInMinutes,omitzero"`
	Hooks           []LifecycleHook `json:"lifecycleHooks,omitzero"`
}

// LifecycleHook pauses a deployment at its stages until a user answers (in ECS, a hook of type
// PAUSE).
type LifecycleHook struct {
	Stages []string `json:"lifecycleStages"`
	// TimeoutMinutes is how long it waits for the answer. TimeoutAction is what happens then:
	// CONTINUE or ROLLBACK.
	TimeoutMinutes int32  `json:"timeoutInMinutes"`
	TimeoutAction  string `json:"timeoutAction"`
}

// ECS's defaults for the timeout of a hook.
const (
	DefaultHookTimeoutMinutes = 1440
	DefaultHookTimeoutAction  = HookRollback
)

// NewShiftPolicy returns a policy with ECS's default steps; nil for ROLLING.
func NewShiftPolicy(strategy string) *ShiftPolicy {
	switch strategy {
	case StrategyRolling:
		return nil
	case StrategyLinear:
		return &ShiftPolicy{Strategy: strategy, StepPercent: 10, StepBakeMinutes: 6}
	case StrategyCanary:
		return &ShiftPolicy{Strategy: strategy, StepPercent: 5, StepBakeMinutes: 10}
	default:
		return &ShiftPolicy{Strategy: strategy}
	}
}

// withDefaults returns the policy with ECS's defaults filled in.
func (p *ShiftPolicy) withDefaults() *ShiftPolicy {
	if p == nil || p.Strategy == StrategyRolling {
		return nil
	}
	full, defaults := *p, NewShiftPolicy(p.Strategy)
	full.StepPercent = cmp.Or(p.StepPercent, defaults.StepPercent)
	full.StepBakeMinutes = cmp.Or(p.StepBakeMinutes, defaults.StepBakeMinutes)
	full.Hooks = slices.Clone(p.Hooks)
	for n := range full.Hooks {
		h := &full.Hooks[n]
		h.TimeoutMinutes = cmp.Or(h.TimeoutMinutes, DefaultHookTimeoutMinutes)
		h.TimeoutAction = cmp.Or(h.TimeoutAction, DefaultHookTimeoutAction)
	}
	return &full
}

// maxBakeMinutes is a day, and maxHookTimeoutMinutes two weeks (ECS).
const (
	maxBakeMinutes        = 1440
	maxHookTimeoutMinutes = 20160
)

func (p *ShiftPolicy) validate(jobType string) *Error {
	const at = "deploymentConfiguration."
	if jobType == JobDaemon {
		return Errorf(KindInvalidParameter, at+"strategy: %s cannot be used with the daemon scheduling strategy; use ROLLING", p.Strategy)
	}
	if !validMinutes(p.BakeMinutes) {
		return Errorf(KindInvalidParameter, at+"bakeTimeInMinutes: %d is out of range; it must be between 0 and %d", p.BakeMinutes, maxBakeMinutes)
	}
	switch p.Strategy {
	case StrategyBlueGreen:
	case StrategyLinear:
		if err := p.validateSteps(at+"linearConfiguration.", "stepPercent", 3, "stepBakeTimeInMinutes"); err != nil {
			return err
		}
	case StrategyCanary:
		if err := p.validateSteps(at+"canaryConfiguration.", "canaryPercent", 0.1, "canaryBakeTimeInMinutes"); err != nil {
			return err
		}
	default:
		return Errorf(KindInvalidParameter, at+"strategy: %q is none of ROLLING, BLUE_GREEN, LINEAR and CANARY", p.Strategy)
	}
	for n := range p.Hooks {
		if err := p.Hooks[n].validate(n); err != nil {
			return err
		}
	}
	return nil
}

func validMinutes(n int32) bool { return n >= 0 && n <= maxBakeMinutes }

func (p *ShiftPolicy) validateSteps(at, percent string, least float64, bake string) *Error {
	switch tenths := p.StepPercent * 10; {
	case p.StepPercent < least || p.StepPercent > 100 || math.Abs(tenths-math.Round(tenths)) > 1e-6:
		return Errorf(KindInvalidParameter, at+percent+": %g is not valid; it must be a multiple of 0.1 between %g and 100", p.StepPercent, least)
	case !validMinutes(p.StepBakeMinutes):
		return Errorf(KindInvalidParameter, at+bake+": %d is out of range; it must be between 0 and %d", p.StepBakeMinutes, maxBakeMinutes)
	}
	return nil
}

func (h *LifecycleHook) validate(n int) *Error {
	const at = "deploymentConfiguration.lifecycleHooks[%d]."
	switch {
	case len(h.Stages) == 0:
		return Errorf(KindInvalidParameter, at+"lifecycleStages: name at least one stage", n)
	case h.TimeoutMinutes < 1 || h.TimeoutMinutes > maxHookTimeoutMinutes:
		return Errorf(KindInvalidParameter, at+"timeoutConfiguration.timeoutInMinutes: %d is out of range; it must be between 1 and %d",
			n, h.TimeoutMinutes, maxHookTimeoutMinutes)
	case h.TimeoutAction != HookContinue && h.TimeoutAction != HookRollback:
		return Errorf(KindInvalidParameter, at+"timeoutConfiguration.action: %q is neither CONTINUE nor ROLLBACK", n, h.TimeoutAction)
	}
	for _, stage := range h.Stages {
		if !slices.Contains(pauseStages(), stage) {
			return Errorf(KindInvalidParameter, at+"lifecycleStages: a PAUSE hook cannot be at %q; it can be at any of %v", n, stage, pauseStages())
		}
	}
	return nil
}
