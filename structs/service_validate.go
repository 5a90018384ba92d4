package structs

// The deployment controllers of a service (ECS).
const (
	ControllerECS      = "ECS"      // Gantry moves the service from revision to revision
	ControllerExternal = "EXTERNAL" // an external controller does, with task sets
)

// MaxServiceCount is the highest desired count of a service. It is more than an installation can
// hold, and only catches typing errors.
const MaxServiceCount = 1_000_000

// DefaultMinHealthySeconds is long enough to notice tasks that cannot start, and short enough not
// to slow down a rolling update (docs/adr/0008).
const DefaultMinHealthySeconds = 1

// maxMinHealthySeconds is an hour. Problems that take longer to show are better found by a health
// check or a bake time.
const maxMinHealthySeconds = 3600

// DefaultUpdatePolicy returns ECS's default for a service or daemon; minHealthySeconds is Gantry's
// own.
func DefaultUpdatePolicy(jobType string) UpdatePolicy {
	p := UpdatePolicy{
		MinimumHealthyPercent: 100, MaximumPercent: 200, MinHealthySeconds: DefaultMinHealthySeconds, ResetOnHealthyTask: true,
	}
	if jobType == JobDaemon {
		p.MinimumHealthyPercent, p.MaximumPercent = 0, 100
	}
	return p
}

// ValidateService reports what is wrong with a new version of a service or daemon.
func (j *Job) ValidateService() *Error {
	switch {
	case !isName(j.Name):
		return Errorf(KindInvalidParameter, "Invalid service name %q. Use up to %d letters, digits, hyphens and underscores.", j.Name, maxName)
	case j.Count < 0:
		return Errorf(KindInvalidParameter, "desiredCount: %d is out of range; it cannot be negative", j.Count)
	case j.Count > MaxServiceCount:
		return Errorf(KindInvalidParameter, "desiredCount: %d is out of range; it can be at most %d", j.Count, MaxServiceCount)
	case j.Service.HealthGrace < 0:
		return Errorf(KindInvalidParameter, "healthCheckGracePeriodSeconds: %d is out of range; it cannot be negative", j.Service.HealthGrace)
	case j.Type == JobDaemon && len(j.PlacementStrategy) > 0:
		return Errorf(KindInvalidParameter, "The daemon scheduling strategy does not support placement strategies. Remove the placement strategy and try again.")
	case j.External() && len(j.CapacityStrategy) > 0:
		return Errorf(KindInvalidParameter, "capacityProviderStrategy: a service with deployment controller EXTERNAL has none. Leave it out.")
	case j.Type == JobDaemon && len(j.CapacityStrategy) > 0:
		return Errorf(KindInvalidParameter, "The daemon scheduling strategy does not support capacity provider strategies. Remove the capacity provider strategy and try again.")
	}
	if err := j.Service.Update.validate(j.Type); err != nil {
		return err
	}
	if err := j.validateController(); err != nil {
		return err
	}
	if why := j.CannotRebalance(); why != "" && j.Service.Rebalancing == RebalancingEnabled {
		return Errorf(KindInvalidParameter, "availabilityZoneRebalancing: ENABLED is not possible: %s.", why)
	}
	return nil
}

func (j *Job) validateController() *Error {
	switch {
	case !j.External():
		return nil
	case j.Type == JobDaemon:
		return Errorf(KindInvalidParameter, "The EXTERNAL deployment controller does not support the DAEMON scheduling strategy.")
	case j.TaskDefinition != "":
		return Errorf(KindInvalidParameter, "taskDefinition: a service with the EXTERNAL deployment controller has none of its own; give it to CreateTaskSet")
	case j.Service.Update.CircuitBreaker:
		return Errorf(KindInvalidParameter, "deploymentConfiguration.deploymentCircuitBreaker: the EXTERNAL deployment controller does not support it; watch the task sets instead")
	}
	return nil
}

func (p *UpdatePolicy) validate(jobType string) *Error {
	const at = "deploymentConfiguration."
	minimum, maximum := p.MinimumHealthyPercent, p.MaximumPercent
	switch {
	case minimum < 0 || minimum > 100:
		return Errorf(KindInvalidParameter, at+"minimumHealthyPercent: %d is out of range; it must be between 0 and 100", minimum)
	case jobType == JobDaemon && maximum != 100:
		return Errorf(KindInvalidParameter, at+"maximumPercent: %d is out of range; with the daemon scheduling strategy it must be 100", maximum)
	case maximum < 100:
		return Errorf(KindInvalidParameter, at+"maximumPercent: %d is out of range; it must be at least 100", maximum)
	case minimum == 100 && maximum == 100:
		return Errorf(KindInvalidParameter, "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.")
	case p.MinHealthySeconds < 0 || p.MinHealthySeconds > maxMinHealthySeconds:
		return Errorf(KindInvalidParameter, "update.minHealthySeconds: %d is out of range; it must be between 0 and %d",
			p.MinHealthySeconds, maxMinHealthySeconds)
	}
	if err := p.validateBreaker(); err != nil {
		return err
	}
	if p.Early != nil {
		if err := p.Early.validate(p, jobType); err != nil {
			return err
		}
	}
	if p.Shift == nil {
		return nil
	}
	return p.Shift.validate(jobType)
}
