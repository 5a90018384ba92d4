package structs

// The states of an evaluation.
const (
	EvaluationReady = "ready"
	// waits for room. When room appears it is called in its turn, which makes it ready. At most one
	// per job
	EvaluationBlocked = "blocked"
	EvaluationDone    = "done"
)

// EvaluationReason is why a job is looked at again.
type EvaluationReason string

// The reasons of evaluations.
const (
	// control, for what users ask
	BecauseJobRegistered       EvaluationReason = "job-registered" // a batch job
	BecauseServiceCreated      EvaluationReason = "service-created"
	BecauseServiceUpdated      EvaluationReason = "service-updated"
	BecauseServiceDeleted      EvaluationReason = "service-deleted"
	BecauseDeploymentStopped   EvaluationReason = "deployment-stopped"
	BecauseDeploymentContinued EvaluationReason = "deployment-continued" // at a lifecycle hook
	BecauseTaskSetCreated      EvaluationReason = "task-set-created"
	BecauseTaskSetScaled       EvaluationReason = "task-set-scaled"
	BecauseTaskSetDeleted      EvaluationReason = "task-set-deleted"

	// fsm, for what a command changes
	BecauseTaskChanged       EvaluationReason = "task-changed"       // StopTasks, ReportTasks
	BecauseInstanceChanged   EvaluationReason = "instance-changed"   // commands about instances
	BecauseProtectionChanged EvaluationReason = "protection-changed" // ProtectTasks
	BecausePlacementRefused  EvaluationReason = "placement-refused"  // ApplyPlan, of the same job
	BecauseTaskPreempted     EvaluationReason = "task-preempted"     // ApplyPlan, of another job

	// scheduler, for a plan that asks for another look at a given time
	BecauseTimeDue EvaluationReason = "time-due"
)

// Evaluation says "look at this job again, because…". The scheduler turns it into a plan.
type Evaluation struct {
	ID        string           `json:"id" cbor:"1,keyasint"` // 32 hex digits
	Cluster   string           `json:"cluster" cbor:"2,keyasint"`
	Job       string           `json:"job" cbor:"3,keyasint"`
	Because   EvaluationReason `json:"because" cbor:"4,keyasint"`
	Status    string           `json:"status" cbor:"5,keyasint"`
	CreatedAt Time             `json:"createdAt" cbor:"6,keyasint"`
	DoneAt    Time             `json:"doneAt,omitzero" cbor:"7,keyasint,omitzero"`
	// Unplaced is how many tasks found no place; Failures say why.
	Unplaced int                `json:"unplaced,omitzero" cbor:"8,keyasint,omitzero"`
	Failures []PlacementFailure `json:"failures,omitzero" cbor:"9,keyasint,omitzero"`
	// WaitUntil is when to evaluate; zero means now.
	WaitUntil Time `json:"waitUntil,omitzero" cbor:"11,keyasint,omitzero"`
	// Filtered says how many instances each rule kept from taking one more task. Remedy is the
	// smallest change that would let one more task run, for people to read. Both are set only if
	// tasks are unplaced.
	Filtered []FilterCount `json:"filtered,omitzero" cbor:"12,keyasint,omitzero"`
	Remedy   string        `json:"remedy,omitzero" cbor:"13,keyasint,omitzero"`
	// Queue is its place among the evaluations that wait for room, once it waits.
	Queue *QueuePlace `json:"queue,omitzero" cbor:"14,keyasint,omitzero"`
	// ModifyIndex is the raft index of the last change; a worker reads state no older than it.
	ModifyIndex uint64 `json:"modifyIndex" cbor:"10,keyasint"`
}

// PlacementFailure is why one instance could not take a task, in ECS's words for failures[].
type PlacementFailure struct {
	// ContainerInstance.ID; empty when there is no instance at all
	Instance string `json:"containerInstance,omitzero" cbor:"1,keyasint,omitzero"`
	Reason   string `json:"reason" cbor:"2,keyasint"`
	Detail   string `json:"detail,omitzero" cbor:"3,keyasint,omitzero"`
}

// FilterCount is the number of instances that one rule kept from taking a task. An instance is
// counted for the first rule that it does not satisfy.
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
	FailAgent     = "AGENT"
	FailAttribute = "ATTRIBUTE"
	FailMemberOf  = "MemberOf placement constraint unsatisfied."
	FailDistinct  = "DistinctInstance placement constraint unsatisfied."
	FailMissing   = "MISSING"
	FailInactive  = "INACTIVE"
	// ours: an external scheduler declined to place the task; the detail has its reason
	FailScheduler = "SCHEDULER"
	FailProvider  = "CAPACITY_PROVIDER" // ours: the instance is of another capacity provider
	// ours: the container engine of the instance does not answer (ECS's type of that check)
	FailRuntime = "CONTAINER_RUNTIME"
	// ours: the instance was lost repeatedly and is held back for a while
	FailUnstable = "UNSTABLE"
	// ours: the cluster has no instance; the ECS API answers it as an error
	FailNoInstance = "NO_INSTANCE"
)
