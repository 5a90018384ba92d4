package structs

// The limits of a container's restart policy (ECS).
const (
	minRestartPeriod = 60 // seconds
	maxRestartPeriod = 1800
	maxIgnoredExits  = 50
)

// validateRestart checks the ranges of the ECS API reference.
func (c *ContainerDefinition) validateRestart() *Error {
	p := c.RestartPolicy
	if p == nil {
		return nil
	}
	if s := p.RestartAttemptPeriod; s != nil && (*s < minRestartPeriod || *s > maxRestartPeriod) {
		return c.invalid("'restartPolicy.restartAttemptPeriod' is %d; it must be between %d and %d.", *s, minRestartPeriod, maxRestartPeriod)
	}
	if n := len(p.IgnoredExitCodes); n > maxIgnoredExits {
		return c.invalid("'restartPolicy.ignoredExitCodes' has %d exit codes; it can have at most %d.", n, maxIgnoredExits)
	}
	return nil
}
