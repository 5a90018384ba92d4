package structs

import "cmp"

// When the tasks of earlier revisions are removed after an early success (ECS:
// sourceServiceRevisionCleanup).
const (
	CleanupBlocking = "BLOCKING" // before the deployment is complete
	CleanupDeferred = "DEFERRED" // after it
)

// EarlySuccess says when a rolling deployment counts as successful although not all its tasks are
// healthy (ECS: earlySuccessCriteria). From then on it is not rolled back, and the tasks that it
// still lacks start as when a service is scaled.
type EarlySuccess struct {
	// HealthyPercent of the desired count must be healthy tasks of the new revision; rounded up.
	HealthyPercent int32  `json:"healthyPercent"`
	Cleanup        string `json:"cleanup"` // BLOCKING or DEFERRED
}

// Needs returns how many healthy tasks are enough.
func (e *EarlySuccess) Needs(count int) int { return (count*int(e.HealthyPercent) + 99) / 100 }

// withDefaults returns the criteria of a job file with what it may leave out.
func (e *EarlySuccess) withDefaults() *EarlySuccess {
	if e == nil {
		return nil
	}
	full := *e
	full.Cleanup = cmp.Or(e.Cleanup, CleanupBlocking)
	return &full
}

func (e *EarlySuccess) validate(p *UpdatePolicy, jobType string) *Error {
	const at = "deploymentConfiguration.earlySuccessCriteria"
	switch {
	case p.Shift != nil:
		return Errorf(KindInvalidParameter, at+" is for strategy ROLLING; the strategy is %s", p.Shift.Strategy)
	case jobType == JobDaemon:
		return Errorf(KindInvalidParameter, at+" cannot be used with the daemon scheduling strategy")
	case e.HealthyPercent < 1 || e.HealthyPercent > 100:
		return Errorf(KindInvalidParameter, at+".healthyPercent: %d is out of range; it must be between 1 and 100", e.HealthyPercent)
	case e.HealthyPercent < p.MinimumHealthyPercent:
		return Errorf(KindInvalidParameter, at+".healthyPercent: %d is less than the minimumHealthyPercent, %d; it must be at least that",
			e.HealthyPercent, p.MinimumHealthyPercent)
	case e.Cleanup != CleanupBlocking && e.Cleanup != CleanupDeferred:
		return Errorf(KindInvalidParameter, at+".sourceServiceRevisionCleanup: %q is neither BLOCKING nor DEFERRED", e.Cleanup)
	}
	return nil
}

// MetricSetting is how exactly some metrics of a service are kept (ECS: monitoring).
type MetricSetting struct {
	Names      []string `json:"metricNames"`       // CPUUtilization, MemoryUtilization
	Resolution int32    `json:"resolutionSeconds"` // 20 or 60
}
