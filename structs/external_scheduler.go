package structs

// Lease is an evaluation that an outside scheduler holds, with all that it needs to say where the
// tasks go. What it does not answer in time goes to another, or comes again.
type Lease struct {
	Token string `json:"token"`
	// Seconds is how long the lease lasts from now on. Each plan begins that time anew.
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

// LeaseAsk is how many tasks are to be placed now, and what each of them needs.
type LeaseAsk struct {
	Count int       `json:"count"`
	Need  Resources `json:"need"`
}

// LeaseInstance is a container instance as an outside scheduler sees it.
type LeaseInstance struct {
	InstanceUsage
	// Free is what its tasks leave of it. Its ports are all but those in usage and those that are
	// registered.
	Free Resources `json:"free"`
	// Fits says whether it takes a task of those asked for, by all rules and constraints that a
	// plan is checked by; Why not.
	Fits bool              `json:"fits"`
	Why  *PlacementFailure `json:"why,omitzero"`
}

// LeasePlan is where an outside scheduler wants tasks to go.
type LeasePlan struct {
	Token string `json:"token"`
	// Placements are a task each. One that does not fit is refused, and the others stand.
	Placements []LeasePlacement `json:"placements"`
	// Unplaced, where not empty, says why the other tasks asked for are to have no place for now.
	// Then the evaluation is decided; a service's waits until room appears.
	Unplaced string `json:"unplaced,omitzero"`
}

// LeasePlacement is a place for one task.
type LeasePlacement struct {
	Instance string `json:"containerInstance"` // ContainerInstance.ID
}

// LeasePlanned is what became of a plan.
type LeasePlanned struct {
	Committed int                `json:"committed"` // placements
	Refused   []PlacementFailure `json:"refused,omitzero"`
	// Done: the evaluation is decided. Acknowledge it.
	Done bool `json:"done"`
	// Lease is the same lease with what is still asked for, and the cluster as it is now; nil when
	// nothing is.
	Lease *Lease `json:"lease,omitzero"`
}

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
