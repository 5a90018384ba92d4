package structs

// Task is one placed copy of a task definition. It refers to its definition and its job rather than
// copying them; the parts of them that ECS's answers repeat (images, names, ARNs) are joined in
// when an answer is written.
//
// Who writes what: plans create it; control changes DesiredStatus; the agent's reports change
// LastStatus, the times and Containers. All of it goes through the log.
type Task struct {
	ID             string `json:"id" cbor:"1,keyasint"` // 32 hex digits
	Cluster        string `json:"cluster" cbor:"2,keyasint"`
	Job            string `json:"job" cbor:"3,keyasint"`            // Job.ID
	TaskDefinition string `json:"taskDefinition" cbor:"4,keyasint"` // family:revision
	// ContainerInstance.ID; empty while it waits for room
	Instance  string `json:"containerInstance" cbor:"5,keyasint"`
	Group     string `json:"group" cbor:"6,keyasint"`
	StartedBy string `json:"startedBy,omitzero" cbor:"7,keyasint,omitzero"`

	LastStatus    TaskStatus `json:"lastStatus" cbor:"8,keyasint"`
	DesiredStatus TaskStatus `json:"desiredStatus" cbor:"9,keyasint"` // TaskRunning or TaskStopped
	// increases by one with every change
	Version int64 `json:"version" cbor:"10,keyasint"`

	// What the task holds on its instance until it is STOPPED.
	CPU    int64  `json:"cpu" cbor:"11,keyasint,omitzero"`    // units, 1024 to a core
	Memory int64  `json:"memory" cbor:"12,keyasint,omitzero"` // MiB
	Ports  []Port `json:"ports,omitzero" cbor:"13,keyasint,omitzero"`
	// GPUs are the ids of the instance's GPUs that the task got when it was placed.
	GPUs []string `json:"gpus,omitzero" cbor:"28,keyasint,omitzero"`

	// Address is the IPv4 address of an awsvpc task, out of its instance's block, chosen when the
	// task is placed; empty for other tasks, and before that.
	Address string `json:"address,omitzero" cbor:"30,keyasint,omitzero"`

	// Containers in the order of the task definition, as the agent last saw them; empty until its
	// first report.
	Containers []Container `json:"containers,omitzero" cbor:"14,keyasint,omitzero"`

	// ProtectedUntil is when scale-in and deployments may stop the task again
	// (UpdateTaskProtection).
	ProtectedUntil Time `json:"protectedUntil,omitzero" cbor:"17,keyasint,omitzero"`

	// Slot is the task's number within a batch job with a BatchSpec, from 0, and Attempt counts its
	// attempts from 1. Both are zero for tasks of other jobs.
	Slot    int `json:"slot,omitzero" cbor:"18,keyasint,omitzero"`
	Attempt int `json:"attempt,omitzero" cbor:"19,keyasint,omitzero"`

	// HealthyAt is when the checks of the task's health, of its containers and its targets, last
	// began to pass; zero if they have not, or if there are none.
	HealthyAt Time `json:"healthyAt,omitzero" cbor:"29,keyasint,omitzero"`

	// CapacityProvider is the provider whose share the task counts toward; empty for a job without
	// a capacity provider strategy.
	CapacityProvider string `json:"capacityProvider,omitzero" cbor:"27,keyasint,omitzero"`

	// EnableExecuteCommand lets people run commands in the task's containers. It is what the job
	// said when the task was placed, or queued.
	EnableExecuteCommand bool `json:"enableExecuteCommand,omitzero" cbor:"39,keyasint,omitzero"`

	// Pull is the progress of its images' pull, while one takes long; nil otherwise.
	Pull *PullProgress `json:"pull,omitzero" cbor:"31,keyasint,omitzero"`

	// Files is the state of files that are updated in place; nil if they did not change since the
	// task was placed.
	Files *FilesState `json:"files,omitzero" cbor:"35,keyasint,omitzero"`

	// Targets are the task as a target of target groups, once it can be reached; empty for a task
	// whose service has no load balancers.
	Targets []TaskTarget `json:"targets,omitzero" cbor:"44,keyasint,omitzero"`
	// DrainedAt is when the last request on its Targets ended, or was given up, after it was asked
	// to stop. Its containers are stopped only then. Zero for a task without Targets.
	DrainedAt Time `json:"drainedAt,omitzero" cbor:"45,keyasint,omitzero"`

	StopCode      string `json:"stopCode,omitzero" cbor:"15,keyasint,omitzero"`
	StoppedReason string `json:"stoppedReason,omitzero" cbor:"16,keyasint,omitzero"`

	CreatedAt     Time `json:"createdAt" cbor:"20,keyasint"`
	PullStartedAt Time `json:"pullStartedAt,omitzero" cbor:"21,keyasint,omitzero"`
	PullStoppedAt Time `json:"pullStoppedAt,omitzero" cbor:"22,keyasint,omitzero"`
	// reached RUNNING
	StartedAt Time `json:"startedAt,omitzero" cbor:"23,keyasint,omitzero"`
	// asked to stop, or began to
	StoppingAt Time `json:"stoppingAt,omitzero" cbor:"24,keyasint,omitzero"`
	// its last container ended
	ExecutionStoppedAt Time `json:"executionStoppedAt,omitzero" cbor:"25,keyasint,omitzero"`
	// reached STOPPED
	StoppedAt Time `json:"stoppedAt,omitzero" cbor:"26,keyasint,omitzero"`
}

// The stop codes of ECS that Gantry sets.
const (
	StopTaskFailedToStart         = "TaskFailedToStart"
	StopEssentialContainerExited  = "EssentialContainerExited"
	StopUserInitiated             = "UserInitiated"
	StopServiceSchedulerInitiated = "ServiceSchedulerInitiated"
	// it was preempted by a job of higher priority; ECS's code for reclaimed capacity
	StopPreempted = "SpotInterruption"
	// its instance was lost and its batch job gave up the attempt; ECS's code for a machine that
	// goes away
	StopInstanceLost               = "TerminationNotice"
	ReasonEssentialContainerExited = "Essential container in task exited"
	ReasonStoppedByUser            = "Task stopped by user"
	ReasonDeregistered             = "Container instance deregistration forced by user"
	ReasonUnhealthy                = "Task failed container health checks"
	ReasonInstanceLost             = "Container instance lost: its agent was not heard of, and the task was replaced elsewhere"
	ReasonCutOff                   = "The instance was cut off from all servers, and its agent stops tasks then (--stop-on-disconnect)"
	ReasonJobStopped               = "Job stopped by user"
)

// Holds reports whether the task still holds its resources on its instance.
func (t *Task) Holds() bool { return t.LastStatus < TaskStopped }

// Queued reports whether the task waits for room: it has no instance yet and holds nothing.
func (t *Task) Queued() bool { return t.Instance == "" && t.LastStatus < TaskStopped }

// Container is one container of a task as its agent last saw it. Name links it to its
// ContainerDefinition.
type Container struct {
	Name string `json:"name" cbor:"1,keyasint"`
	// PENDING, RUNNING or STOPPED
	LastStatus      TaskStatus       `json:"lastStatus" cbor:"2,keyasint"`
	RuntimeID       string           `json:"runtimeId,omitzero" cbor:"3,keyasint,omitzero"`
	ImageDigest     string           `json:"imageDigest,omitzero" cbor:"4,keyasint,omitzero"`
	ExitCode        *int32           `json:"exitCode,omitzero" cbor:"5,keyasint,omitzero"`
	Reason          string           `json:"reason,omitzero" cbor:"6,keyasint,omitzero"`
	NetworkBindings []NetworkBinding `json:"networkBindings,omitzero" cbor:"7,keyasint,omitzero"`
	HealthStatus    string           `json:"healthStatus,omitzero" cbor:"8,keyasint,omitzero"`
	// RestartCount is how often the agent started the container again (ContainerRestartPolicy).
	RestartCount int32 `json:"restartCount,omitzero" cbor:"9,keyasint,omitzero"`
	// StartedAt is when the container was last started. Only those with a restart policy have it.
	StartedAt Time `json:"startedAt,omitzero" cbor:"10,keyasint,omitzero"`
}

// TaskUpdate is an agent's report on one task. Unless it is Partial, it has everything the agent
// knows rather than a difference, so a report that arrives twice or late changes nothing. Zero
// fields are unknown.
type TaskUpdate struct {
	Task               string      `json:"task" cbor:"1,keyasint"`
	Status             TaskStatus  `json:"status" cbor:"2,keyasint"`
	Containers         []Container `json:"containers,omitzero" cbor:"3,keyasint,omitzero"`
	StopCode           string      `json:"stopCode,omitzero" cbor:"4,keyasint,omitzero"`
	StoppedReason      string      `json:"stoppedReason,omitzero" cbor:"5,keyasint,omitzero"`
	PullStartedAt      Time        `json:"pullStartedAt,omitzero" cbor:"6,keyasint,omitzero"`
	PullStoppedAt      Time        `json:"pullStoppedAt,omitzero" cbor:"7,keyasint,omitzero"`
	StartedAt          Time        `json:"startedAt,omitzero" cbor:"8,keyasint,omitzero"`
	StoppingAt         Time        `json:"stoppingAt,omitzero" cbor:"9,keyasint,omitzero"`
	ExecutionStoppedAt Time        `json:"executionStoppedAt,omitzero" cbor:"10,keyasint,omitzero"`
	StoppedAt          Time        `json:"stoppedAt,omitzero" cbor:"11,keyasint,omitzero"`
	// Pull is the progress of the image that is being pulled.
	Pull *PullProgress `json:"pull,omitzero" cbor:"37,keyasint,omitzero"`
	// Files has what the agent applied last, and its problem; nil: nothing since it has the task.
	Files *FilesState `json:"files,omitzero" cbor:"43,keyasint,omitzero"`
	// Partial means that Containers has only the containers and fields that changed, as ECS's
	// agents report them.
	Partial bool `json:"partial,omitzero" cbor:"36,keyasint,omitzero"`
}

// StopTasks asks tasks to stop. Tasks that have stopped, or were already asked to, are left
// unchanged.
type StopTasks struct {
	Tasks    []string
	StopCode string
	Reason   string
	At       Time
}

// CommandType implements Command.
func (StopTasks) CommandType() CommandType { return CmdStopTasks }

// ProtectTasks protects tasks from scale-in and deployments until a time; zero ends the protection.
type ProtectTasks struct {
	Tasks []string
	Until Time
	At    Time
}

// CommandType implements Command.
func (ProtectTasks) CommandType() CommandType { return CmdProtectTasks }

// ReportTasks is a batch of reports from one agent.
type ReportTasks struct {
	Instance string
	Updates  []TaskUpdate
	At       Time
}

// CommandType implements Command.
func (ReportTasks) CommandType() CommandType { return CmdReportTasks }
