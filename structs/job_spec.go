package structs

import (
	"cmp"
	"fmt"
	"slices"
)

// JobSpec is the content of a job file: the desired state of one job. Fields that the file leaves
// out have their defaults, except that a service keeps its Count. docs/jobs.md describes each
// field.
type JobSpec struct {
	Name    string `json:"name"`
	Cluster string `json:"cluster,omitzero"`
	Type    string `json:"type"`
	// Count is the desired number of tasks; nil keeps the present number, which is 1 for a new job.
	Count *int `json:"count,omitzero"`

	// The parts of the job's task definition, under their ECS names.
	Containers       []ContainerDefinition `json:"containers"`
	Cpu              string                `json:"cpu,omitzero"`
	Memory           string                `json:"memory,omitzero"`
	NetworkMode      string                `json:"networkMode,omitzero"`
	PidMode          string                `json:"pidMode,omitzero"`
	IpcMode          string                `json:"ipcMode,omitzero"`
	Volumes          []Volume              `json:"volumes,omitzero"`
	RuntimePlatform  *RuntimePlatform      `json:"runtimePlatform,omitzero"`
	TaskRoleArn      string                `json:"taskRoleArn,omitzero"`
	ExecutionRoleArn string                `json:"executionRoleArn,omitzero"`

	Placement PlacementSpec `json:"placement,omitzero"`
	// CapacityStrategy divides the tasks among capacity providers of the cluster; empty means that
	// they may go anywhere.
	CapacityStrategy []CapacityProviderStrategyItem `json:"capacityProviderStrategy,omitzero"`
	// LaunchType, instead of a strategy, is EC2 (the default), FARGATE or EXTERNAL. PlatformVersion
	// is for FARGATE.
	LaunchType      string `json:"launchType,omitzero"`
	PlatformVersion string `json:"platformVersion,omitzero"`
	// Network names the subnets and security groups of awsvpc tasks; nil means the default ones.
	Network *AwsVpcConfiguration `json:"network,omitzero"`
	// EnableExecuteCommand lets people run commands in the containers of the job's tasks.
	EnableExecuteCommand bool `json:"enableExecuteCommand,omitzero"`
	// Attempts is the maximum number of attempts for each task of a batch job. Parallelism is the
	// maximum number of tasks at a time; zero means no limit.
	Attempts    int `json:"attempts,omitzero"`
	Parallelism int `json:"parallelism,omitzero"`
	// OnInstanceLost is as in BatchSpec.
	OnInstanceLost string `json:"onInstanceLost,omitzero"`
	// Update is how a service or daemon moves from one revision to the next; nil for a batch job.
	Update *UpdatePolicy `json:"update,omitzero"`
	Health HealthSpec    `json:"health,omitzero"`
	// Expose makes a service reachable from outside over HTTPS.
	Expose *Expose `json:"expose,omitzero"`
	// LoadBalancers make each task of a service a target of target groups, which they name by name,
	// id or ARN. The container may be left out if there is one, and its port if it maps one.
	LoadBalancers []ServiceLoadBalancer `json:"loadBalancers,omitzero"`
	// Rebalancing is ENABLED or DISABLED; empty means enabled if possible.
	Rebalancing string `json:"availabilityZoneRebalancing,omitzero"`
	// Scheduler names an external scheduler; empty means Gantry's own.
	Scheduler string `json:"scheduler,omitzero"`
	// Priority and Preemption are as in Job.
	Priority   int  `json:"priority,omitzero"`
	Preemption bool `json:"preemption,omitzero"`
	// Tags are the service's, or those of each task of a batch job. PropagateTags is where the
	// tasks of a service get theirs from: NONE, SERVICE or TASK_DEFINITION.
	Tags          []Tag  `json:"tags,omitzero"`
	PropagateTags string `json:"propagateTags,omitzero"`
}

// PlacementSpec describes where the tasks of a job may go, and where they go first.
type PlacementSpec struct {
	Constraints []PlacementConstraint `json:"constraints,omitzero"`
	Strategy    []PlacementStrategy   `json:"strategy,omitzero"`
}

// HealthSpec describes how the health of a service's tasks is judged.
type HealthSpec struct {
	// GracePeriod is how long, in seconds, failing health checks are ignored after a task reaches
	// RUNNING.
	GracePeriod int32 `json:"gracePeriodSeconds,omitzero"`
}

// NewJobSpec returns a spec with the defaults of a type of job, to read a file into.
func NewJobSpec(jobType string) *JobSpec {
	s := &JobSpec{Type: cmp.Or(jobType, JobService), Cluster: DefaultCluster}
	switch s.Type {
	case JobService, JobDaemon:
		s.Update = new(DefaultUpdatePolicy(s.Type))
		s.PropagateTags = PropagateNone
	case JobBatch:
		s.Attempts, s.OnInstanceLost = 1, LostRetry
	}
	return s
}

// maxTags is the maximum number of tags of a resource (ECS).
const maxTags = 50

// The values of propagateTags.
const (
	PropagateNone           = "NONE"
	PropagateFromService    = "SERVICE"
	PropagateFromDefinition = "TASK_DEFINITION"
)

// Problem returns what is wrong with a spec: the field, and what to do about it. Both are empty if
// the spec is fine.
func (s *JobSpec) Problem() (field, problem string) {
	switch {
	case s.Name == "":
		return "name", "a job needs one"
	case !isName(s.Name):
		return "name", fmt.Sprintf("%q is not a valid name; use up to %d letters, digits, hyphens and underscores", s.Name, maxName)
	case !isName(s.Cluster):
		return "cluster", fmt.Sprintf("%q is not a valid cluster name", s.Cluster)
	case s.Type != JobService && s.Type != JobDaemon && s.Type != JobBatch:
		return "type", fmt.Sprintf("%q is not %s, %s or %s", s.Type, JobService, JobDaemon, JobBatch)
	case s.Priority < 0 || s.Priority > MaxPriority:
		return "priority", fmt.Sprintf("%d is not a number from 1 to %d", s.Priority, MaxPriority)
	case len(s.Containers) == 0:
		return "containers", "a job needs at least one container, with a name and an image"
	}
	for _, look := range []func() (string, string){s.typeProblem, s.launchProblem, s.tagProblem, s.containerProblem, s.fileProblem, s.exposeProblem} {
		if field, problem = look(); field != "" {
			return field, problem
		}
	}
	return "", ""
}

// typeProblem finds fields that do not belong to the job's type.
func (s *JobSpec) typeProblem() (field, problem string) {
	const keptUp, toCompletion = "only services and daemons have it; leave it out", "only batch jobs have it; leave it out"
	if s.Type == JobBatch {
		switch {
		case s.Update != nil:
			return "update", keptUp
		case s.Health != HealthSpec{}:
			return "health", keptUp
		case len(s.LoadBalancers) > 0:
			return "loadBalancers", keptUp
		case s.Rebalancing != "":
			return "availabilityZoneRebalancing", keptUp
		case s.PropagateTags != "":
			return "propagateTags", "each task of a batch job has the tags of the job; leave it out"
		}
		return "", ""
	}
	switch {
	case s.Attempts != 0:
		return "attempts", toCompletion
	case s.Parallelism != 0:
		return "parallelism", toCompletion
	case s.OnInstanceLost != "":
		return "onInstanceLost", toCompletion
	case s.Type == JobDaemon && s.Count != nil:
		return "count", "a daemon runs on every instance that its constraints allow; leave it out"
	case s.Type == JobDaemon && len(s.Placement.Strategy) > 0:
		return "placement.strategy", "a daemon runs on every instance that its constraints allow; leave it out"
	case !slices.Contains([]string{PropagateNone, PropagateFromService, PropagateFromDefinition}, s.PropagateTags):
		return "propagateTags", fmt.Sprintf("%q is not NONE, SERVICE or TASK_DEFINITION", s.PropagateTags)
	case !slices.Contains([]string{"", RebalancingEnabled, RebalancingDisabled}, s.Rebalancing):
		return "availabilityZoneRebalancing", fmt.Sprintf("%q is not ENABLED or DISABLED", s.Rebalancing)
	}
	return "", ""
}

// launchProblem finds values that ECS's API does not have.
func (s *JobSpec) launchProblem() (field, problem string) {
	launchTypes, public := []string{"", LaunchEC2, LaunchFargate, LaunchExternal}, []string{"", publicIPEnabled, publicIPDisabled}
	switch {
	case !slices.Contains(launchTypes, s.LaunchType):
		return "launchType", fmt.Sprintf("%q is not EC2, FARGATE or EXTERNAL", s.LaunchType)
	case s.LaunchType != "" && len(s.CapacityStrategy) > 0:
		return "launchType", "give it or a capacityProviderStrategy, not both"
	case s.Network != nil && !slices.Contains(public, s.Network.AssignPublicIp):
		return "network.assignPublicIp", fmt.Sprintf("%q is not ENABLED or DISABLED", s.Network.AssignPublicIp)
	case s.Network != nil && len(s.Network.Subnets) == 0:
		return "network.subnets", "name at least one subnet, or leave network out"
	}
	return "", ""
}

// containerProblem finds problems for which a task definition's own check would not name the place
// in the file.
func (s *JobSpec) containerProblem() (field, problem string) {
	for i := range s.Containers {
		c, at := &s.Containers[i], fmt.Sprintf("containers[%d]", i)
		switch {
		case c.Name == "":
			return at + ".name", "a container needs one"
		case c.Image == "":
			return at + ".image", "a container needs one, such as nginx:alpine"
		case c.Memory == nil && c.MemoryReservation == nil && s.Memory == "":
			return at + ".memory", "give its memory in MiB (a hard limit), or memoryReservation (a soft one), or the memory of the whole task"
		case c.HealthCheck.Checks():
			if _, err := c.HealthCheck.Test(); err != nil {
				return at + ".healthCheck.command", err.Error()
			}
		}
	}
	return "", ""
}

// Definition returns the task definition of the job, with ECS's defaults filled in.
func (s *JobSpec) Definition() (*TaskDefinition, error) {
	d := &TaskDefinition{
		Family: s.Name, ContainerDefinitions: s.withExposedPort(), Cpu: s.Cpu, Memory: s.Memory,
		NetworkMode: s.NetworkMode, PidMode: s.PidMode, IpcMode: s.IpcMode, Volumes: slices.Clone(s.Volumes),
		RuntimePlatform: s.RuntimePlatform, TaskRoleArn: s.TaskRoleArn, ExecutionRoleArn: s.ExecutionRoleArn,
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	d.Normalize()
	return d, nil
}

// ApplyTo sets all fields of a job that the spec describes, except its task definition. SpecOf is
// the reverse.
func (s *JobSpec) ApplyTo(j *Job) {
	if s.Count != nil {
		j.Count = *s.Count
	}
	j.PlacementConstraints, j.PlacementStrategy = s.Placement.Constraints, s.Placement.Strategy
	j.Scheduler, j.Priority, j.Preemption = s.Scheduler, s.Priority, s.Preemption
	j.EnableExecuteCommand = s.EnableExecuteCommand
	j.CapacityStrategy, j.LaunchType = s.CapacityStrategy, s.LaunchType
	if len(s.CapacityStrategy) == 0 {
		j.LaunchType = cmp.Or(s.LaunchType, LaunchEC2)
	}
	j.PlatformVersion, j.Network, j.Files = s.PlatformVersion, s.Network.Normalize(), liveFiles(s.Containers)
	if s.Type == JobBatch {
		j.Batch = &BatchSpec{Attempts: s.Attempts, Parallelism: s.Parallelism, OnInstanceLost: s.OnInstanceLost}
		j.Tags = s.Tags
		return
	}
	service := *j.Service
	service.Update, service.HealthGrace, service.PropagateTags = *s.Update, s.Health.GracePeriod, s.PropagateTags
	service.Update.Shift, service.Update.Early = s.Update.Shift.withDefaults(), s.Update.Early.withDefaults()
	service.LoadBalancers = s.balancers()
	if service.Expose = s.Expose.normalize(); s.Expose != nil {
		service.HealthGrace = cmp.Or(service.HealthGrace, ExposedGrace)
	}
	j.Service = &service
	if service.Rebalancing = s.Rebalancing; s.Rebalancing == "" {
		service.Rebalancing = RebalancingEnabled
		if j.CannotRebalance() != "" {
			service.Rebalancing = RebalancingDisabled
		}
	}
}

// SpecOf returns a job as a job file, with the tags of a service. The definition may be nil if it
// no longer exists.
func SpecOf(j *Job, d *TaskDefinition, tags []Tag) *JobSpec {
	s := &JobSpec{
		Name: j.Name, Cluster: j.Cluster, Type: j.Type,
		Placement: PlacementSpec{Constraints: j.PlacementConstraints, Strategy: j.PlacementStrategy},
		Scheduler: j.Scheduler, Priority: j.Priority, Preemption: j.Preemption, EnableExecuteCommand: j.EnableExecuteCommand, CapacityStrategy: j.CapacityStrategy, Tags: tags,
		PlatformVersion: j.PlatformVersion, Network: j.Network,
	}
	if j.LaunchType != LaunchEC2 { // the default
		s.LaunchType = j.LaunchType
	}
	if j.Type != JobDaemon {
		s.Count = new(j.Count)
	}
	if b := j.Batch; b != nil {
		s.Attempts, s.Parallelism, s.OnInstanceLost, s.Tags = b.Attempts, b.Parallelism, cmp.Or(b.OnInstanceLost, LostWait), j.Tags
	}
	if v := j.Service; v != nil {
		s.Update, s.Health.GracePeriod, s.PropagateTags, s.Rebalancing = new(v.Update), v.HealthGrace, v.PropagateTags, v.Rebalancing
		s.Expose = v.Expose
		s.LoadBalancers = v.NamedBalancers()
	}
	if d != nil {
		d = d.WithFiles(j.FilesOf)
		s.Containers, s.Cpu, s.Memory, s.NetworkMode = d.ContainerDefinitions, d.Cpu, d.Memory, d.NetworkMode
		s.PidMode, s.IpcMode, s.Volumes, s.RuntimePlatform = d.PidMode, d.IpcMode, d.Volumes, d.RuntimePlatform
		s.TaskRoleArn, s.ExecutionRoleArn = d.TaskRoleArn, d.ExecutionRoleArn
	}
	return s
}
