package control

import "github.com/gantry-project/gantry/structs"

// ShiftChange is what a caller wants of how a service's traffic moves to its next revision. What is
// nil or empty stays as it is; where the strategy changes, its steps are ECS's default.
type ShiftChange struct {
	Strategy    string
	BakeMinutes *int32
	// Steps of a strategy (LINEAR or CANARY) can only be given with that one.
	StepsOf         string
	StepPercent     *float64
	StepBakeMinutes *int32
	// Hooks, where not nil, take the place of those that are there.
	Hooks []structs.LifecycleHook
}

// applyTo makes the change. The policy that was there may be a row's of state, and stays as it is.
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

// fits refuses what the strategy has no use for.
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
