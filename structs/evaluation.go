package structs

// The states of an evaluation.
const (
	EvaluationReady = "ready"
	// waits for room; when room appears and its turn comes, it becomes ready. At most one per job
	EvaluationBlocked = "blocked"
	EvaluationDone    = "done"
)

// EvaluationReason is why a job is evaluated.
type EvaluationReason string

// The reasons of evaluations.
const (
	// control, for requests of users
	BecauseJobRegistered       EvaluationReason = "job-registered" // a batch job
	BecauseServiceCreated      EvaluationReason = "service-created"
	BecauseServiceUpdated      EvaluationReason = "service-updated"
	BecauseServiceDeleted      EvaluationReason = "service-deleted"
	BecauseDeploymentStopped   EvaluationReason = "deployment-stopped"
	BecauseDeploymentContinued EvaluationReason = "deployment-continued" // at a lifecycle hook
	BecauseTaskSetCreated      EvaluationReason = "task-set-created"
	BecauseTaskSetScaled       EvaluationReason = "task-set-scaled"
	BecauseTaskSetDeleted      EvaluationReason = "task-set-deleted"

	// fsm, for changes by a command
	BecauseTaskChanged       EvaluationReason = "task-changed"       // StopTasks, ReportTasks
	BecauseInstanceChanged   EvaluationReason = "instance-changed"   // commands about instances
	BecauseProtectionChanged EvaluationReason = "protection-changed" // ProtectTasks
	BecausePlacementRefused  EvaluationReason = "placement-refused"  // ApplyPlan, of the same job
	BecauseTaskPreempted     EvaluationReason = "task-preempted"     // ApplyPlan, of another job

	// scheduler, for a plan that asks to be evaluated again at a given time
	BecauseTimeDue EvaluationReason = "time-due"
)

// Evaluation is a request to look at a job again, with a reason. The scheduler turns it into a
// plan.
type Evaluation struct {
	ID        string           `json:"id" cbor:"1,keyasint"` // 32 hex digits
	Cluster   string           `json:"cluster" cbor:"2,keyasint"`
	Job       string           `json:"job" cbor:"3,keyasint"`
	Because   EvaluationReason `json:"because" cbor:"4,keyasint"`
	Status    string           `json:"status" cbor:"5,keyasint"`
	CreatedAt Time             `json:"createdAt" cbor:"6,keyasint"`
	DoneAt    Time             `json:"doneAt,omitzero" cbor:"7,keyasint,omitzero"`
	// Unplaced is how many tasks found no place; Failures explain why.
	Unplaced int                `json:"unplaced,omitzero" cbor:"8,keyasint,omitzero"`
	Failures []PlacementFailure `json:"failures,omitzero" cbor:"9,keyasint,omitzero"`
	// WaitUntil is when to evaluate; zero means now.
	WaitUntil Time `json:"waitUntil,omitzero" cbor:"11,keyasint,omitzero"`
	// Filtered counts, by rule, the instances that could not take one more task. Remedy describes,
	// for people, the smallest change that would let one more task run. Both are set only if tasks
	// are unplaced.
	Filtered []FilterCount `json:"filtered,omitzero" cbor:"12,keyasint,omitzero"`
	Remedy   string        `json:"remedy,omitzero" cbor:"13,keyasint,omitzero"`
	// Queue is its place among the evaluations that wait for room; nil until it waits.
	Queue *QueuePlace `json:"queue,omitzero" cbor:"14,keyasint,omitzero"`
	// ModifyIndex is the raft index of the last change; a worker reads state no older than it.
	ModifyIndex uint64 `json:"modifyIndex" cbor:"10,keyasint"`
}

// PlacementFailure explains why one instance could not take a task, in ECS's words for failures[].
type PlacementFailure struct {
	// ContainerInstance.ID; empty if there are no instances at all
	Instance string `json:"containerInstance,omitzero" cbor:"1,keyasint,omitzero"`
	Reason   string `json:"reason" cbor:"2,keyasint"`
	Detail   string `json:"detail,omitzero" cbor:"3,keyasint,omitzero"`
}

// FilterCount is the number of instances that one rule excludes. An instance counts for the first
// rule that it does not satisfy.
type FilterCount struct {
	Reason    string `json:"reason" cbor:"1,keyasint"` // as in PlacementFailure
	Instances int    `json:"instances" cbor:"2,keyasint"`
}

// ECS's reasons in failures[] (ECS, "API failure reasons").
const (
	FailCPU       = "RESOURCE:CPU"
	FailMemory    = "RESOURCE:MEMORY"
	FailPorts     = "RESOURCE:PORTS"
	FailGPU       = "RESOURCE:GPU"
	FailENI       = "RESOURCE:ENI" // no free address for an awsvpc task
	FailAgent     = "AGENT"
	FailAttribute = "ATTRIBUTE"
	FailMemberOf  = "MemberOf placement constraint unsatisfied."
	FailDistinct  = "DistinctInstance placement constraint unsatisfied."
	FailMissing   = "MISSING"
	FailInactive  = "INACTIVE"
	// ours: an external scheduler declined to place the task; the detail has its reason
	FailScheduler = "SCHEDULER"
	FailProvider  = "CAPACITY_PROVIDER" // ours: the instance belongs to another capacity provider
	// ours: the container engine of the instance does not answer (ECS's type of that check)
	FailRuntime = "CONTAINER_RUNTIME"
	// ours: the instance was lost repeatedly and is held back
	FailUnstable = "UNSTABLE"
	// ours: the cluster has no instances; the ECS API returns it as an error
	FailNoInstance = "NO_INSTANCE"
)
