package structs

// Plan is the outcome of an evaluation: the tasks to place, and the verdict on the evaluation
// itself. It is a single log entry, compact even if it places many tasks, because their common
// parts are in the job.
type Plan struct {
	Evaluation string      `cbor:"1,keyasint"`
	Job        string      `cbor:"2,keyasint"`
	Placements []Placement `cbor:"3,keyasint,omitzero"`
	// The verdict: what the evaluation becomes when the plan commits.
	Status   string             `cbor:"4,keyasint"`
	Unplaced int                `cbor:"5,keyasint,omitzero"`
	Failures []PlacementFailure `cbor:"6,keyasint,omitzero"`
	// Filtered and Remedy become the evaluation's.
	Filtered []FilterCount `cbor:"19,keyasint,omitzero"`
	Remedy   string        `cbor:"20,keyasint,omitzero"`
	At       Time          `cbor:"7,keyasint"`
	// Deployment is the deployment of the placed tasks; empty for a batch job.
	Deployment string `cbor:"10,keyasint,omitzero"`
	Stops      []Stop `cbor:"11,keyasint,omitzero"`
	// Deployments are rows that replace those of the same ID, or new ones (a rollback). The failure
	// counts in state are kept. A new one that Adopts another takes over its tasks.
	Deployments []Deployment `cbor:"12,keyasint,omitzero"`
	// Rollback, if not nil, is the earlier service that becomes the job's next version.
	Rollback *Job `cbor:"13,keyasint,omitzero"`
	// Events in the order in which they happened.
	Events []ServiceEvent `cbor:"14,keyasint,omitzero"`
	// JobStatus, if not empty, is what the job's status becomes (INACTIVE: the last task of a
	// service is gone).
	JobStatus string `cbor:"15,keyasint,omitzero"`
	// Desired, if not nil, becomes the Count of a daemon: the number of instances to run on.
	Desired *int `cbor:"21,keyasint,omitzero"`
	// Queue, if not nil, is the evaluation's place among those that wait for room (Status is
	// blocked).
	Queue *QueuePlace `cbor:"22,keyasint,omitzero"`
	// Preempted are tasks of less important jobs that are stopped to make room.
	Preempted []Stop `cbor:"23,keyasint,omitzero"`
	// Forgets, if not nil, are failed tasks that no longer count because a task of their deployment
	// has become healthy.
	Forgets *FailedTasks `cbor:"24,keyasint,omitzero"`
	// FollowUp is an evaluation to add, for another look at its WaitUntil.
	FollowUp *Evaluation `cbor:"16,keyasint,omitzero"`
	// Need is what each task of the plan holds on its instance.
	Need Resources `cbor:"8,keyasint"`
	// JobVersion is the version of the job that the plan is for, and Seen the raft index of the
	// state it was made from. A plan for any other than the present version is refused. A plan that
	// blocks leaves its evaluation ready if room has appeared since Seen, unless Seen is zero.
	JobVersion int    `cbor:"17,keyasint,omitzero"`
	Seen       uint64 `cbor:"18,keyasint,omitzero"`
	// EvaluationIndex is the ModifyIndex of the evaluation that the plan was made from. A plan
	// whose evaluation has changed since is refused before the log, so two workers on the same
	// evaluation cannot place its tasks twice.
	EvaluationIndex uint64 `cbor:"-"`
}

// FailedTasks is a part of Deployment.FailedTasks.
type FailedTasks struct {
	Deployment string `cbor:"1,keyasint"`
	Count      int    `cbor:"2,keyasint"`
}

// Stop asks one task to stop.
type Stop struct {
	Task string `cbor:"1,keyasint"`
	// ServiceSchedulerInitiated, or SpotInterruption if it is preempted
	Code   string `cbor:"2,keyasint"`
	Reason string `cbor:"3,keyasint"`
}

// Placement is one task on one instance: a new one, or one of the job that was queued.
type Placement struct {
	Task     string `cbor:"1,keyasint"` // Task.ID
	Instance string `cbor:"2,keyasint"` // ContainerInstance.ID
	// Slot and Attempt are those of the task, if its batch job has a BatchSpec.
	Slot    int `cbor:"3,keyasint,omitzero"`
	Attempt int `cbor:"4,keyasint,omitzero"`
	// Provider is the task's capacity provider; empty for a job without a capacity provider
	// strategy.
	Provider string `cbor:"5,keyasint,omitzero"`
}

// ApplyPlan commits a plan that the planner has checked. Placements whose job or instance no longer
// exists are dropped.
type ApplyPlan struct {
	Plan Plan
}

// CommandType implements Command.
func (ApplyPlan) CommandType() CommandType { return CmdApplyPlan }
