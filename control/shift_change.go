package control

import "github.com/gantry-project/gantry/structs"

// ShiftChange is what a caller wants to change in how a service's traffic moves to its next
// revision. Nil or empty fields leave the policy unchanged. If the strategy changes, its steps get
// ECS's defaults.
type ShiftChange struct {
	Strategy    string
	BakeMinutes *int32
	// Steps can only be given with the strategy that they are for (LINEAR or CANARY).
	StepsOf         string
	StepPercent     *float64
	StepBakeMinutes *int32
	// Hooks, if not nil, replace the existing ones.
	Hooks []structs.LifecycleHook
}

// applyTo applies the change to a copy: the existing policy may belong to a row of state.
func (ch *ShiftChange) applyTo(update *structs.UpdatePolicy) error {
	strategy := structs.StrategyRolling
	if update.Shift != nil {
		strategy = update.Shift.Strategy
	}
	if ch.Strategy != "" && ch.Strategy != strategy {
		strategy = ch.Strategy
		next := structs.NewShiftPolicy(strategy)
		if old := update.Shift; next != nil && old != nil {
			next.BakeMinutes, next.Hooks = old.BakeMinutes, old.Hooks
		}
		update.Shift = next
	}
	if err := ch.fits(strategy); err != nil || strategy == structs.StrategyRolling {
		return err
	}
	next := *update.Shift
	set(&next.BakeMinutes, ch.BakeMinutes)
	set(&next.StepPercent, ch.StepPercent)
	set(&next.StepBakeMinutes, ch.StepBakeMinutes)
	if ch.Hooks != nil {
		next.Hooks = ch.Hooks
	}
	update.Shift = &next
	return nil
}

// fits fails if the strategy has no use for a field.
func (ch *ShiftChange) fits(strategy string) error {
	const at = "deploymentConfiguration."
	switch rolling := strategy == structs.StrategyRolling; {
	case ch.StepsOf == structs.StrategyLinear && strategy != ch.StepsOf:
		return structs.Errorf(structs.KindInvalidParameter, at+"linearConfiguration is for strategy LINEAR; the strategy is %s", strategy)
	case ch.StepsOf == structs.StrategyCanary && strategy != ch.StepsOf:
		return structs.Errorf(structs.KindInvalidParameter, at+"canaryConfiguration is for strategy CANARY; the strategy is %s", strategy)
	case rolling && ch.BakeMinutes != nil && *ch.BakeMinutes != 0:
		return structs.Errorf(structs.KindInvalidParameter, at+"bakeTimeInMinutes is for strategies BLUE_GREEN, LINEAR and CANARY; the strategy is ROLLING")
	case rolling && len(ch.Hooks) > 0:
		return structs.Errorf(structs.KindInvalidParameter, at+"lifecycleHooks are for strategies BLUE_GREEN, LINEAR and CANARY; the strategy is ROLLING")
	}
	return nil
}
