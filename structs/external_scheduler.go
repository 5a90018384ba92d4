package structs

// Lease is an evaluation that an external scheduler holds, with everything it needs to decide where
// the tasks go. If it does not answer in time, the evaluation is leased again, to the same
// scheduler or another.
type Lease struct {
	Token string `json:"token"`
	// Seconds is how much longer the lease lasts. Each plan renews it.
	Seconds        int             `json:"leaseSeconds"`
	Evaluation     *Evaluation     `json:"evaluation"`
	Job            *Job            `json:"job"`
	TaskDefinition *TaskDefinition `json:"taskDefinition"` // of the tasks to place
	Ask            LeaseAsk        `json:"ask"`
	// Tasks are the job's tasks that have not stopped.
	Tasks []*Task `json:"tasks"`
	// Instances are the cluster's instances that are not INACTIVE, by id.
	Instances []LeaseInstance `json:"instances"`
}

// LeaseAsk is the number of tasks to place now, and what each needs.
type LeaseAsk struct {
	Count int       `json:"count"`
	Need  Resources `json:"need"`
}

// LeaseInstance is a container instance as an external scheduler sees it.
type LeaseInstance struct {
	InstanceUsage
	// Free is what its tasks leave free. All ports are free except those in Usage and Registered.
	Free Resources `json:"free"`
	// Fits reports whether a requested task satisfies all rules and constraints that plans are
	// checked against. If not, Why has the reason.
	Fits bool              `json:"fits"`
	Why  *PlacementFailure `json:"why,omitzero"`
}

// LeasePlan is an external scheduler's choice of where tasks go.
type LeasePlan struct {
	Token string `json:"token"`
	// Each of the Placements places one task. One that does not fit is refused without affecting
	// the others.
	Placements []LeasePlacement `json:"placements"`
	// Unplaced, if not empty, explains why the other requested tasks get no place for now. The
	// evaluation is then decided; a service's evaluation waits until room appears.
	Unplaced string `json:"unplaced,omitzero"`
}

// LeasePlacement places one task.
type LeasePlacement struct {
	Instance string `json:"containerInstance"` // ContainerInstance.ID
}

// LeasePlanned is the result of a plan.
type LeasePlanned struct {
	Committed int                `json:"committed"` // placements
	Refused   []PlacementFailure `json:"refused,omitzero"`
	// Done means that the evaluation is decided and should be acknowledged.
	Done bool `json:"done"`
	// Lease is the same lease with the tasks still requested and the cluster as it is now; nil if
	// no tasks are left.
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
	case len(j.Strategy()) > 0:
		return Errorf(KindInvalidParameter,
			"scheduler: %s chooses the instances of each task, so a capacity provider strategy cannot. Leave one of the two out, and give a launchType where the cluster has a default strategy.", j.Scheduler)
	}
	return ValidateScheduler(j.Scheduler)
}
