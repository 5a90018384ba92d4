package structs

// The types of a job.
const (
	JobBatch   = "batch"   // runs its tasks to completion
	JobService = "service" // keeps Count tasks up
	JobDaemon  = "daemon"  // keeps one task up on every instance that meets its constraints
)

// The states of a service or daemon.
const (
	ServiceActive   = "ACTIVE"
	ServiceDraining = "DRAINING" // deleted; its tasks are being stopped
	// has no tasks; can still be described, but its name is free
	ServiceInactive = "INACTIVE"
)

// Queues reports whether the job's tasks exist from the start, PROVISIONING and without an
// instance, and wait for room, as those of RunTask with a capacity provider do (ECS). Other batch
// jobs create a task only when it is placed.
func (j *Job) Queues() bool {
	return j.Type == JobBatch && j.Batch == nil && len(j.Strategy()) > 0 && len(j.Instances) == 0
}

// Job is what a user asked the cluster to run. Evaluations are about jobs. RunTask and StartTask
// make a batch job; an ECS service is a job of type service or daemon.
type Job struct {
	ID      string `json:"id"` // 32 hex digits
	Cluster string `json:"cluster"`
	// Name is unique among the services of the cluster that are not INACTIVE and its batch jobs
	// that are RUNNING. Batch jobs that were not created from a job file have none.
	Name string `json:"name,omitzero"`
	Type string `json:"type"`
	// Version starts at 1 and increases by one with every change of a service. Earlier versions are
	// kept (JobVersion). Each run of a named batch job is a job of its own, with the next version.
	Version int `json:"version,omitzero"`
	// Status is one of the three above for services and daemons, one of those in batch.go for a
	// batch job with a BatchSpec, and empty for other batch jobs.
	Status string `json:"status,omitzero"`

	TaskDefinition string `json:"taskDefinition"` // family:revision
	// the desired number of tasks; for a daemon, plans set it to the number of its instances
	Count int `json:"count"`
	// Instances, if not empty, are the instances to run on, one task each (StartTask). Count is
	// then their number.
	Instances []string `json:"containerInstances,omitzero"`

	Group      string `json:"group"`
	StartedBy  string `json:"startedBy,omitzero"`
	LaunchType string `json:"launchType,omitzero"`
	// PlatformVersion is what was asked for, for tasks of FARGATE only; empty means LATEST.
	PlatformVersion string `json:"platformVersion,omitzero"`
	// Network is where awsvpc tasks get their network interfaces. It is nil for other tasks, and
	// for jobs whose file names no subnets (DefaultSubnet).
	Network              *AwsVpcConfiguration           `json:"network,omitzero"`
	Overrides            *TaskOverride                  `json:"overrides,omitzero"`
	PlacementConstraints []PlacementConstraint          `json:"placementConstraints,omitzero"`
	PlacementStrategy    []PlacementStrategy            `json:"placementStrategy,omitzero"`
	CapacityStrategy     []CapacityProviderStrategyItem `json:"capacityProviderStrategy,omitzero"`
	EnableExecuteCommand bool                           `json:"enableExecuteCommand,omitzero"`
	// Tags go to each task of a batch job. The tags of a service's tasks come from
	// ServiceSpec.PropagateTags.
	Tags []Tag `json:"tags,omitzero"`

	// ClientToken makes the request that created the job idempotent within its cluster. RequestHash
	// distinguishes a repeated request from a different one with the same token.
	ClientToken string `json:"clientToken,omitzero"`
	RequestHash string `json:"requestHash,omitzero"`

	// Files are the contents of files that are updated in place. FilesVersion is the Version that
	// changed them last.
	Files        []LiveFile `json:"files,omitzero"`
	FilesVersion int        `json:"filesVersion,omitzero"`

	Service *ServiceSpec `json:"service,omitzero"` // for services and daemons only
	// for batch jobs only; nil for those of RunTask and StartTask
	Batch *BatchSpec `json:"batch,omitzero"`

	// Priority is from 1 to 100; zero means DefaultPriority. Jobs of higher priority are evaluated
	// first.
	Priority int `json:"priority,omitzero"`
	// Preemption lets the job replace tasks of jobs whose priority is lower by MinPreemptionGap or
	// more.
	Preemption bool `json:"preemption,omitzero"`

	// Scheduler names the external scheduler that plans for the job; empty for Gantry's own.
	Scheduler string `json:"scheduler,omitzero"`
	// CreateIndex is the raft index at which the job was created, which orders jobs that wait for
	// room.
	CreateIndex uint64 `json:"createIndex,omitzero"`

	CreatedAt Time `json:"createdAt"`
	DeletedAt Time `json:"deletedAt,omitzero"` // when it became INACTIVE
	// when a batch job with a BatchSpec stopped RUNNING
	EndedAt Time `json:"endedAt,omitzero"`
}

// CreateJob adds a job and its first evaluation. If the client token was used in the cluster
// before, the earlier job is the result; the command fails with Conflict if its RequestHash
// differs.
type CreateJob struct {
	Job        Job
	Evaluation Evaluation
	Tasks      []string // the ids of the tasks of a job that Queues, Count of them
	// Providers are the capacity providers of Tasks, in the same order.
	Providers []string
}

// CommandType implements Command.
func (CreateJob) CommandType() CommandType { return CmdCreateJob }

// PutJob makes a job match a job file, completely or not at all. Definition, if not nil, becomes
// the next revision of its family, which the job then uses. Tags replace all tags of a service. The
// rest is as in PutService. A batch job is added as by CreateJob.
type PutJob struct {
	Definition *TaskDefinition
	Job        Job
	Deployment *Deployment
	Evaluation Evaluation
	Tags       []Tag
	// Replaces is the RUNNING batch job of the same name, which is stopped; empty if there is none.
	// If another one is RUNNING, the command fails with Conflict.
	Replaces string
	// Ingress is as in PutService.
	Ingress Ingress `cbor:"Ingress,omitzero"`
}

// CommandType implements Command.
func (PutJob) CommandType() CommandType { return CmdPutJob }

// StopJob ends a batch job: no further tasks are started, and running ones are asked to stop. A job
// that has ended is left unchanged.
type StopJob struct {
	Job string
	At  Time
}

// CommandType implements Command.
func (StopJob) CommandType() CommandType { return CmdStopJob }
