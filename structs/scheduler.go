package structs

// ValidateScheduler says what is wrong with the name of an outside scheduler.
func ValidateScheduler(name string) error {
	if !isName(name) {
		return Errorf(KindInvalidParameter, "Invalid scheduler name %q. Use up to %d letters, digits, hyphens and underscores.", name, maxName)
	}
	return nil
}

// validateScheduler says what is wrong with a job's outside scheduler.
func (j *Job) validateScheduler() error {
	switch {
	case j.Scheduler == "":
		return nil
	case len(j.CapacityStrategy) > 0:
		return Errorf(KindInvalidParameter,
			"scheduler: %s chooses the instances of each task, so a capacity provider strategy cannot. Leave one of the two out, and give a launchType where the cluster has a default strategy.", j.Scheduler)
	}
	return ValidateScheduler(j.Scheduler)
}
