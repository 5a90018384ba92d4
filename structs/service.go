package structs

import "strings"

// ServiceSpec is what a service or daemon has beyond other jobs.
type ServiceSpec struct {
	Update UpdatePolicy `json:"update"`
	// HealthGrace is how long, in seconds, a task's failing health checks are overlooked after it
	// reached RUNNING.
	HealthGrace int32 `json:"healthCheckGracePeriodSeconds,omitzero"`
	// Controller is the deployment controller: ECS or EXTERNAL. It never changes.
	Controller    string `json:"deploymentController"`
	PropagateTags string `json:"propagateTags,omitzero"` // NONE, SERVICE or TASK_DEFINITION
	ManagedTags   bool   `json:"enableECSManagedTags,omitzero"`
	Rebalancing   string `json:"availabilityZoneRebalancing,omitzero"` // ENABLED or DISABLED
	Role          string `json:"roleArn,omitzero"`
	CreatedBy     string `json:"createdBy,omitzero"`
}

// UpdatePolicy is how a service moves from one revision to the next.
type UpdatePolicy struct {
	// MinimumHealthyPercent of Count stays RUNNING and healthy; the number of tasks is rounded up
	// (ECS).
	MinimumHealthyPercent int32 `json:"minimumHealthyPercent"`
	// MaximumPercent of Count may be there at a time, RUNNING or on the way; rounded down (ECS).
	MaximumPercent int32 `json:"maximumPercent"`
	// CircuitBreaker ends a deployment whose tasks keep failing; Rollback then brings the last
	// completed one back.
	CircuitBreaker bool `json:"circuitBreaker,omitzero"`
	Rollback       bool `json:"rollback,omitzero"`
	// ThresholdConfiguration says how many failed tasks trip the breaker; nil: as FailureThreshold
	// says, or else ECS's default.
	ThresholdConfiguration *BreakerThreshold `json:"thresholdConfiguration,omitzero"`
	// FailureThreshold, where not zero, is short for a threshold of so many tasks.
	FailureThreshold int32 `json:"failureThreshold,omitzero"`
	// ResetOnHealthyTask: a task that becomes healthy sets the count of failed tasks to zero (ECS's
	// default).
	ResetOnHealthyTask bool `json:"resetOnHealthyTask,omitzero"`
	// MinHealthySeconds is how long a task without a health check must have been RUNNING to count
	// as healthy; zero: it counts at once.
	MinHealthySeconds int32 `json:"minHealthySeconds,omitzero"`
	// Shift, where not nil, has the next revision brought up whole beside the old one, and the
	// traffic move over.
	Shift *ShiftPolicy `json:"shift,omitzero"`
}

// JobVersion is a service as it was at one of its versions.
type JobVersion struct {
	Job Job `json:"job"`
}

// ServiceEvents are what happened to a service, newest first, at most MaxServiceEvents.
type ServiceEvents struct {
	Job    string         `json:"job"`
	Events []ServiceEvent `json:"events"`
}

// MaxServiceEvents is how many events of a service are kept (ECS).
const MaxServiceEvents = 100

// ServiceEvent is one thing that happened to a service, in ECS's words where ECS has them.
type ServiceEvent struct {
	ID      string `json:"id" cbor:"1,keyasint"` // a UUID
	At      Time   `json:"createdAt" cbor:"2,keyasint"`
	Message string `json:"message" cbor:"3,keyasint"`
}

// serviceGroup begins the group of a service's tasks (ECS).
const serviceGroup = "service:"

// ServiceGroup is the group of a service's tasks.
func ServiceGroup(service string) string { return serviceGroup + service }

// IsServiceGroup says whether a group is of the tasks of a service.
func IsServiceGroup(group string) bool { return strings.HasPrefix(group, serviceGroup) }

// PutService adds a service or its next version. Job.Version must be one more than the present
// version (1 for a new one); else another change came first and the command fails with Conflict.
// Deployment, where not nil, becomes PRIMARY and the one that was PRIMARY becomes ACTIVE.
type PutService struct {
	Job        Job
	Deployment *Deployment
	Evaluation Evaluation
	Tags       []Tag // of a new service
}

// CommandType implements Command.
func (PutService) CommandType() CommandType { return CmdPutService }

// DeleteService makes a service DRAINING, with no tasks desired, which is its last version. Without
// Force it must have none desired already.
type DeleteService struct {
	Job        string
	Force      bool
	Evaluation Evaluation
	At         Time
}

// CommandType implements Command.
func (DeleteService) CommandType() CommandType { return CmdDeleteService }
