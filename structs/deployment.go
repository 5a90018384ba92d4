package structs

// The states of a deployment within its service (ECS).
const (
	DeploymentPrimary  = "PRIMARY"  // what the service moves to, or has moved to
	DeploymentActive   = "ACTIVE"   // still has tasks, which the primary's replace
	DeploymentInactive = "INACTIVE" // none of its tasks is left; kept as history
)

// The rollout states of a deployment (ECS).
const (
	RolloutInProgress = "IN_PROGRESS"
	RolloutCompleted  = "COMPLETED"
	RolloutFailed     = "FAILED"
)

// What a user can ask of a deployment in progress (StopServiceDeployment).
const (
	StopRollback = "ROLLBACK" // the last completed one comes back
	StopAbort    = "ABORT"    // the service stays between the two
)

// Deployment is the move of a service from one version to the next. Its tasks carry its ID as their
// StartedBy.
//
// Who writes what: control makes it and answers its pauses; a plan moves Status, rollout, stage and
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
	// FailedTasks counts tasks that ended without the service's or a user's asking before they had
	// been RUNNING and healthy for ten seconds, or for failing health checks, since the deployment
	// began or, with ResetOnHealthyTask, since a task of it last became healthy. (ECS counts only
	// those that never came up, and so restarts a crash loop for ever.)
	FailedTasks int `json:"failedTasks" cbor:"9,keyasint,omitzero"`
	// Failures counts tasks that ended without being asked since one last ended that had been up
	// that long; LastFailureAt is when the last one did. New starts back off by them.
	Failures      int  `json:"failures,omitzero" cbor:"10,keyasint,omitzero"`
	LastFailureAt Time `json:"lastFailureAt,omitzero" cbor:"11,keyasint,omitzero"`
	// RollbackOf is the deployment whose failure or stop made this one; empty for one that a user
	// asked for.
	RollbackOf string `json:"rollbackOf,omitzero" cbor:"12,keyasint,omitzero"`
	// StopRequested: a user asked to stop it (StopServiceDeployment): ROLLBACK or ABORT.
	StopRequested string `json:"stopRequested,omitzero" cbor:"13,keyasint,omitzero"`
	CreatedAt     Time   `json:"createdAt" cbor:"14,keyasint"`
	UpdatedAt     Time   `json:"updatedAt" cbor:"15,keyasint"`
	// when the rollout ended, either way
	FinishedAt Time `json:"finishedAt,omitzero" cbor:"16,keyasint,omitzero"`
	// Adopts is the deployment whose tasks became this one's when it began: a rollback keeps the
	// good tasks that it finds.
	Adopts string `json:"adopts,omitzero" cbor:"17,keyasint,omitzero"`
	// Stage is how far a deployment is that brings its revision up beside the old one, since
	// StageAt (zero: it has not been looked at yet). Empty: it replaces tasks some at a time.
	Stage   string `json:"lifecycleStage,omitzero" cbor:"18,keyasint,omitzero"`
	StageAt Time   `json:"stageAt,omitzero" cbor:"19,keyasint,omitzero"`
	// Traffic of the PRIMARY deployment is what balancers go by. Nil: all healthy tasks of the
	// service are alike to them.
	Traffic *Traffic `json:"traffic,omitzero" cbor:"20,keyasint,omitzero"`
	// Pauses are the lifecycle hooks that it has come to, oldest first.
	Pauses []Pause `json:"pauses,omitzero" cbor:"21,keyasint,omitzero"`
	// TaskSet, where not nil, makes it a task set of a service of controller EXTERNAL.
	TaskSet *TaskSet `json:"taskSet,omitzero" cbor:"25,keyasint,omitzero"`
}

// StopDeployment notes that a user wants a deployment in progress stopped.
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
