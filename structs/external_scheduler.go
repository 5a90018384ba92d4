package structs

// Lease is an evaluation that an external scheduler holds, with everything it needs to decide where
// the tasks go. If it does not answer in time, the evaluation is leased again, to it or to another
// one.
type Lease struct {
	Token string `json:"token"`
	// Seconds is how long the lease lasts from now on. Each plan renews it.
	Seconds        int             `json:"leaseSeconds"`
	Evaluation     *Evaluation     `json:"evaluation"`
	Job            *Job            `json:"job"`
	TaskDefinition *TaskDefinition `json:"taskDefinition"` // of the tasks to place
	Ask            LeaseAsk        `json:"ask"`
	// Tasks are those of the job that have not stopped.
	Tasks []*Task `json:"tasks"`
	// Instances are those of the cluster that are not INACTIVE, by id.
	Instances []LeaseInstance `json:"instances"`
}

// LeaseAsk is the number of tasks to place now, and what each of them needs.
type LeaseAsk struct {
	Count int       `json:"count"`
	Need  Resources `json:"need"`
}

// LeaseInstance is a container instance as an external scheduler sees it.
type LeaseInstance struct {
	InstanceUsage
	// Free is what its tasks leave free. All ports are free except those in Usage and the
	// registered ones.
	Free Resources `json:"free"`
	// Fits reports whether a requested task fits, by all rules and constraints that a plan is
	// checked by. If not, Why has the reason.
	Fits bool              `json:"fits"`
	Why  *PlacementFailure `json:"why,omitzero"`
}

// LeasePlan is where an external scheduler wants tasks to go.
type LeasePlan struct {
	Token string `json:"token"`
	// Placements place one task each. One that does not fit is refused without affecting the
	// others.
	Placements []LeasePlacement `json:"placements"`
	// Unplaced, if not empty, says why the other requested tasks get no place for now. The
	// evaluation is then decided; that of a service waits until room appears.
	Unplaced string `json:"unplaced,omitzero"`
}

// LeasePlacement is a place for one task.
type LeasePlacement struct {
	Instance string `json:"containerInstance"` // ContainerInstance.ID
}

// LeasePlanned is the result of a plan.
type LeasePlanned struct {
	Committed int                `json:"committed"` // placements
	Refused   []PlacementFailure `json:"refused,omitzero"`
	// Done means that the evaluation is decided: acknowledge it.
	Done bool `json:"done"`
	// Lease is the same lease with the tasks that are still requested and the cluster as it is now;
	// nil if there are none.
	Lease *Lease `json:"lease,omitzero"`
}

// ValidateScheduler reports what is wrong with the name of an external scheduler.
func ValidateScheduler(name string) error {
	if !isName(name) {
		return Errorf(KindInvalidParameter, "Invalid scheduler name %q. Use up to %d letters, digits, hyphens and underscores.", name, maxName)
	}
	return nil
}

// validateScheduler reports what is wrong with a job's external scheduler.
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
