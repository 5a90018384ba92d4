package structs

// The types of thresholds at which the circuit breaker trips (ECS, ThresholdType).
const (
	// percent of the desired count, at least 3 and at most 200 tasks
	ThresholdBoundedPercent   = "BOUNDED_PERCENT"
	ThresholdUnboundedPercent = "UNBOUNDED_PERCENT" // percent of the desired count
	ThresholdCount            = "COUNT"
)

// BreakerReason is the prefix of the reason of a rollout that the circuit breaker ended, and of the
// rollback that follows.
const BreakerReason = "ECS deployment circuit breaker: "

// The bounds of BOUNDED_PERCENT, in tasks, and its default (ECS).
const (
	minBoundedThreshold     = 3
	maxBoundedThreshold     = 200
	defaultThresholdPercent = 50
)

// BreakerThreshold is the number of failed tasks at which the circuit breaker of a service trips.
type BreakerThreshold struct {
	Type  string `json:"type"`
	Value int32  `json:"value"` // percent, or tasks if the type is COUNT
}

// BreakerThreshold returns the threshold in force; the default is BOUNDED_PERCENT of 50 (ECS).
func (p *UpdatePolicy) BreakerThreshold() BreakerThreshold {
	switch {
	case p.ThresholdConfiguration != nil:
		return *p.ThresholdConfiguration
	case p.FailureThreshold > 0:
		return BreakerThreshold{Type: ThresholdCount, Value: p.FailureThreshold}
	}
	return BreakerThreshold{Type: ThresholdBoundedPercent, Value: defaultThresholdPercent}
}

// Threshold returns how many failed tasks, at least one, trip the circuit breaker of a service with
// count desired tasks. Fractions are rounded up (ECS).
func (p *UpdatePolicy) Threshold(count int) int {
	t := p.BreakerThreshold()
	percent := int((int64(count)*int64(t.Value) + 99) / 100)
	switch t.Type {
	case ThresholdCount:
		return int(t.Value)
	case ThresholdUnboundedPercent:
		return max(percent, 1)
	}
	return min(max(percent, minBoundedThreshold), maxBoundedThreshold)
}

// validateBreaker reports what is wrong with a policy's settings of the circuit breaker.
func (p *UpdatePolicy) validateBreaker() *Error {
	const at = "deploymentConfiguration.deploymentCircuitBreaker"
	switch t := p.ThresholdConfiguration; {
	case p.Rollback && !p.CircuitBreaker:
		return Errorf(KindInvalidParameter, at+": rollback needs enable to be true as well")
	case p.FailureThreshold < 0:
		return Errorf(KindInvalidParameter, "update.failureThreshold: %d is out of range; it must be at least 1", p.FailureThreshold)
	case t == nil:
		return nil
	case p.FailureThreshold > 0:
		return Errorf(KindInvalidParameter, "update.failureThreshold is a thresholdConfiguration of type COUNT; give one of the two")
	case t.Type != ThresholdBoundedPercent && t.Type != ThresholdUnboundedPercent && t.Type != ThresholdCount:
		return Errorf(KindInvalidParameter, at+".thresholdConfiguration.type: %q is not %s, %s or %s",
			t.Type, ThresholdBoundedPercent, ThresholdUnboundedPercent, ThresholdCount)
	case t.Value < 1:
		return Errorf(KindInvalidParameter, at+".thresholdConfiguration.value: %d is out of range; it must be at least 1", t.Value)
	}
	return nil
}
