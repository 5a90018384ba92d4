package structs

// The states of a deployment within its service (ECS).
const (
	DeploymentPrimary  = "PRIMARY"  // the service is moving to it, or has moved
	DeploymentActive   = "ACTIVE"   // still has tasks; those of the PRIMARY replace them
	DeploymentInactive = "INACTIVE" // has no tasks left; kept as history
)

// The rollout states of a deployment (ECS).
const (
	RolloutInProgress = "IN_PROGRESS"
	RolloutCompleted  = "COMPLETED"
	RolloutFailed     = "FAILED"
)

// The ways to stop a deployment in progress (StopServiceDeployment).
const (
	StopRollback = "ROLLBACK" // the last completed one comes back
	StopAbort    = "ABORT"    // the service stays between the two
)

// Deployment is the move of a service from one version to the next. Its tasks carry its ID as their
// StartedBy.
//
// Who writes what: control creates it and answers its pauses; plans move Status, rollout, stage and
// traffic; fsm counts failed tasks as they are reported.
type Deployment struct {
	ID             string `json:"id" cbor:"1,keyasint"` // ecs-svc/ and 19 digits
	Cluster        string `json:"cluster" cbor:"2,keyasint"`
	Job            string `json:"job" cbor:"3,keyasint"`
	JobVersion     int    `json:"jobVersion" cbor:"4,keyasint"`
	TaskDefinition string `json:"taskDefinition" cbor:"5,keyasint"`
	Status         string `json:"status" cbor:"6,keyasint"`
	Rollout        string `json:"rolloutState" cbor:"7,keyasint"`
	RolloutReason  string `json:"rolloutStateReason" cbor:"8,keyasint"`
	// FailedTasks counts tasks that failed: those that ended on their own before they had been
	// RUNNING and healthy for ten seconds, and those that failed their health checks. It counts
	// since the deployment began or, with ResetOnHealthyTask, since one of its tasks last became
	// healthy. (ECS counts only tasks that never came up, so it restarts a crash loop forever.)
	FailedTasks int `json:"failedTasks" cbor:"9,keyasint,omitzero"`
	// Failures counts tasks that ended on their own, since the last one that had been up for ten
	// seconds. LastFailureAt is when the last of them ended. New tasks start with a matching
	// backoff.
	Failures      int  `json:"failures,omitzero" cbor:"10,keyasint,omitzero"`
	LastFailureAt Time `json:"lastFailureAt,omitzero" cbor:"11,keyasint,omitzero"`
	// RollbackOf is the deployment that this one rolls back, because it failed or was stopped.
	// Empty if a user started this one.
	RollbackOf string `json:"rollbackOf,omitzero" cbor:"12,keyasint,omitzero"`
	// StopRequested is ROLLBACK or ABORT after a user asked to stop the deployment
	// (StopServiceDeployment).
	StopRequested string `json:"stopRequested,omitzero" cbor:"13,keyasint,omitzero"`
	CreatedAt     Time   `json:"createdAt" cbor:"14,keyasint"`
	UpdatedAt     Time   `json:"updatedAt" cbor:"15,keyasint"`
	// when the rollout completed or failed
	FinishedAt Time `json:"finishedAt,omitzero" cbor:"16,keyasint,omitzero"`
	// Adopts is the deployment whose tasks this one took over when it began: a rollback keeps the
	// good tasks of the deployment it returns to.
	Adopts string `json:"adopts,omitzero" cbor:"17,keyasint,omitzero"`
	// Stage is the present stage of a deployment that brings its revision up beside the old one,
	// and StageAt is when it began (zero: the scheduler has not looked at it yet). Empty for a
	// rolling deployment.
	Stage   string `json:"lifecycleStage,omitzero" cbor:"18,keyasint,omitzero"`
	StageAt Time   `json:"stageAt,omitzero" cbor:"19,keyasint,omitzero"`
	// Traffic of the PRIMARY deployment is how load balancers split traffic. Nil means that all
	// healthy tasks of the service get equal shares.
	Traffic *Traffic `json:"traffic,omitzero" cbor:"20,keyasint,omitzero"`
	// Alternate means that its tasks are in the alternate target groups of the service.
	Alternate bool `json:"alternate,omitzero" cbor:"27,keyasint,omitzero"`
	// Pauses are the lifecycle hooks that it has reached, oldest first.
	Pauses []Pause `json:"pauses,omitzero" cbor:"21,keyasint,omitzero"`
	// Images are the digests that its tasks run whatever the tags of their images name by now. The
	// first task that needs an image decides; a rollback has those of the deployment that it
	// returns to.
	Images []PinnedImage `json:"images,omitzero" cbor:"26,keyasint,omitzero"`
	// EarlyAt is when so many of its tasks were healthy that it counts as successful before all of
	// them are (UpdatePolicy.Early).
	EarlyAt Time `json:"earlyAt,omitzero" cbor:"28,keyasint,omitzero"`
	// TaskSet, if not nil, makes it a task set of a service of controller EXTERNAL.
	TaskSet *TaskSet `json:"taskSet,omitzero" cbor:"25,keyasint,omitzero"`
}

// StopDeployment records that a user wants to stop a deployment in progress.
type StopDeployment struct {
	Deployment string
	Type       string // ROLLBACK or ABORT
	Evaluation Evaluation
	At         Time
}

// CommandType implements Command.
func (StopDeployment) CommandType() CommandType { return CmdStopDeployment }

// ContinueDeployment answers a deployment that waits at a lifecycle hook: CONTINUE or ROLLBACK.
type ContinueDeployment struct {
	Deployment string
	Pause      string // Pause.ID
	Action     string
	Evaluation Evaluation
	At         Time
}

// CommandType implements Command.
func (ContinueDeployment) CommandType() CommandType { return CmdContinueDeployment }
