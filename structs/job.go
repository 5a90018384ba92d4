package structs

// The types of a job.
const (
	JobBatch   = "batch"   // runs its tasks to completion
	JobService = "service" // keeps Count tasks up
	JobDaemon  = "daemon"  // keeps one task up on every instance that satisfies its constraints
)

// The states of a service or daemon.
const (
	ServiceActive   = "ACTIVE"
	ServiceDraining = "DRAINING" // deleted; its tasks are being stopped
	// nothing of it runs; it can still be described, and its name is free
	ServiceInactive = "INACTIVE"
)

// Queues says whether the job's tasks are there from the start, PROVISIONING and without an
// instance, and wait for room: RunTask with a capacity provider (ECS). What other batch jobs find
// no room for has no rows.
func (j *Job) Queues() bool {
	return j.Type == JobBatch && j.Batch == nil && len(j.CapacityStrategy) > 0 && len(j.Instances) == 0
}

// Job is what a user asked the cluster to run, and what evaluations are about. RunTask and
// StartTask make a batch job; an ECS service is a job of type service or daemon.
type Job struct {
	ID      string `json:"id"` // 32 hex digits
	Cluster string `json:"cluster"`
	// Name is unique among the services of the cluster that are not INACTIVE and its batch jobs
	// that are RUNNING. Batch jobs that no file made have none.
	Name string `json:"name,omitzero"`
	Type string `json:"type"`
	// Version grows by one with every change of a service; 1 at first. Earlier versions are kept
	// (JobVersion). Each run of a batch job that has a name is a job and a version of its own.
	Version int `json:"version,omitzero"`
	// Status is one of the three above for services and daemons, one of those in batch.go for a
	// batch job with a BatchSpec, and empty for other batch jobs.
	Status string `json:"status,omitzero"`

	TaskDefinition string `json:"taskDefinition"` // family:revision
	// how many tasks; of a daemon as many as instances to run on, which plans find
	Count int `json:"count"`
	// Instances, where not empty, are the very instances to run on, a task each (StartTask); Count
	// is then their number.
	Instances []string `json:"containerInstances,omitzero"`

	Group                string                         `json:"group"`
	StartedBy            string                         `json:"startedBy,omitzero"`
	LaunchType           string                         `json:"launchType,omitzero"`
	Overrides            *TaskOverride                  `json:"overrides,omitzero"`
	PlacementConstraints []PlacementConstraint          `json:"placementConstraints,omitzero"`
	PlacementStrategy    []PlacementStrategy            `json:"placementStrategy,omitzero"`
	CapacityStrategy     []CapacityProviderStrategyItem `json:"capacityProviderStrategy,omitzero"`
	EnableExecuteCommand bool                           `json:"enableExecuteCommand,omitzero"`
	// Tags go to each task that a batch job makes; a service says where those of its tasks come
	// from (ServiceSpec.PropagateTags).
	Tags []Tag `json:"tags,omitzero"`

	// ClientToken makes the request that made the job idempotent within its cluster; RequestHash
	// tells the same request from another one with the same token.
	ClientToken string `json:"clientToken,omitzero"`
	RequestHash string `json:"requestHash,omitzero"`

	Service *ServiceSpec `json:"service,omitzero"` // of services and daemons alone
	// of batch jobs alone; nil: those of RunTask and StartTask
	Batch *BatchSpec `json:"batch,omitzero"`

	// Priority is from 1 to 100; zero stands for DefaultPriority. What is more important is
	// evaluated first.
	Priority int `json:"priority,omitzero"`
	// Preemption lets the job take the room of tasks of jobs that are less important by
	// MinPreemptionGap or more.
	Preemption bool `json:"preemption,omitzero"`

	// Scheduler names the outside scheduler that plans for it; empty: Gantry's own.
	Scheduler string `json:"scheduler,omitzero"`
	// CreateIndex is the raft index at which a job that waits for room was made: its place in the
	// queue.
	CreateIndex uint64 `json:"createIndex,omitzero"`

	CreatedAt Time `json:"createdAt"`
	DeletedAt Time `json:"deletedAt,omitzero"` // when it became INACTIVE
	// when a batch job with a BatchSpec was no longer RUNNING
	EndedAt Time `json:"endedAt,omitzero"`
}

// CreateJob adds a job and its first evaluation. A client token that the cluster knows finds the
// earlier job: with the same RequestHash that job is the answer, with another the command fails
// with Conflict.
type CreateJob struct {
	Job        Job
	Evaluation Evaluation
	Tasks      []string // the ids of the tasks of a job that queues them: as many as its Count
	// Providers are the capacity providers of Tasks, in the same order.
	Providers []string
}

// CommandType implements Command.
func (CreateJob) CommandType() CommandType { return CmdCreateJob }

// PutJob makes a job what a job file says, all of it or nothing: Definition, where not nil, becomes
// the next revision of its family and the job's; Tags become all that a service has. The rest is as
// in PutService. A batch job is added as by CreateJob.
type PutJob struct {
	Definition *TaskDefinition
	Job        Job
	Deployment *Deployment
	Evaluation Evaluation
	Tags       []Tag
	// Replaces is the batch job of the same name that is RUNNING, which is stopped; empty: there is
	// none. Were it another, the command fails with Conflict.
	Replaces string
}

// CommandType implements Command.
func (PutJob) CommandType() CommandType { return CmdPutJob }

// StopJob ends a batch job: nothing more of it is started, and its tasks are asked to stop. One
// that has ended stays as it is.
type StopJob struct {
	Job string
	At  Time
}

// CommandType implements Command.
func (StopJob) CommandType() CommandType { return CmdStopJob }
