package structs

import "strings"

// ServiceSpec holds the fields that only services and daemons have.
type ServiceSpec struct {
	Update UpdatePolicy `json:"update"`
	// HealthGrace is how long, in seconds, a task's failing health checks are ignored after it
	// reaches RUNNING.
	HealthGrace int32 `json:"healthCheckGracePeriodSeconds,omitzero"`
	// Controller is the deployment controller: ECS or EXTERNAL. It never changes.
	Controller    string `json:"deploymentController"`
	PropagateTags string `json:"propagateTags,omitzero"` // NONE, SERVICE or TASK_DEFINITION
	ManagedTags   bool   `json:"enableECSManagedTags,omitzero"`
	Rebalancing   string `json:"availabilityZoneRebalancing,omitzero"` // ENABLED or DISABLED
	Role          string `json:"roleArn,omitzero"`
	CreatedBy     string `json:"createdBy,omitzero"`
	// LoadBalancers, Registries and Connect are how its tasks receive traffic.
	LoadBalancers []ServiceLoadBalancer `json:"loadBalancers,omitzero"`
	Registries    []ServiceRegistry     `json:"serviceRegistries,omitzero"`
	Connect       *ServiceConnect       `json:"serviceConnect,omitzero"`
	// Monitoring is which metrics of its tasks are kept how exactly (ECS).
	Monitoring []MetricSetting `json:"monitoring,omitzero"`
	// Expose, or Gateway, is what Gantry itself makes a target group and a rule for.
	Expose  *Expose           `json:"expose,omitzero"`
	Gateway *GatewayConnector `json:"gateway,omitzero"`
	// Express is what only an express gateway service has.
	Express *ExpressService `json:"express,omitzero"`
}

// UpdatePolicy describes how a service moves from one revision to the next.
type UpdatePolicy struct {
	// MinimumHealthyPercent of Count must stay RUNNING and healthy; rounded up (ECS).
	MinimumHealthyPercent int32 `json:"minimumHealthyPercent"`
	// MaximumPercent of Count may exist at a time, RUNNING or starting; rounded down (ECS).
	MaximumPercent int32 `json:"maximumPercent"`
	// CircuitBreaker ends a deployment whose tasks keep failing; Rollback then restores the last
	// completed one.
	CircuitBreaker bool `json:"circuitBreaker,omitzero"`
	Rollback       bool `json:"rollback,omitzero"`
	// ThresholdConfiguration is how many failed tasks trip the breaker. If nil, FailureThreshold
	// applies, or if that is zero ECS's default.
	ThresholdConfiguration *BreakerThreshold `json:"thresholdConfiguration,omitzero"`
	// FailureThreshold, if not zero, is short for a threshold of type COUNT.
	FailureThreshold int32 `json:"failureThreshold,omitzero"`
	// ResetOnHealthyTask means that a task that becomes healthy resets the count of failed tasks to
	// zero (ECS's default).
	ResetOnHealthyTask bool `json:"resetOnHealthyTask,omitzero"`
	// MinHealthySeconds is how long a task without a health check must have been RUNNING to count
	// as healthy; zero means not at all.
	MinHealthySeconds int32 `json:"minHealthySeconds,omitzero"`
	// Shift, if not nil, means that the next revision is brought up whole beside the old one before
	// the traffic moves over.
	Shift *ShiftPolicy `json:"shift,omitzero"`
	// Early, if not nil, lets a rolling deployment succeed before all its tasks are healthy.
	Early *EarlySuccess `json:"earlySuccess,omitzero"`
}

// JobVersion is one version of a service.
type JobVersion struct {
	Job Job `json:"job"`
}

// ServiceEvents are the events of a service, newest first, at most MaxServiceEvents.
type ServiceEvents struct {
	Job    string         `json:"job"`
	Events []ServiceEvent `json:"events"`
}

// MaxServiceEvents is the number of events of a service that are kept (ECS).
const MaxServiceEvents = 100

// ServiceEvent is one event of a service, in ECS's words where they exist.
type ServiceEvent struct {
	ID      string `json:"id" cbor:"1,keyasint"` // a UUID
	At      Time   `json:"createdAt" cbor:"2,keyasint"`
	Message string `json:"message" cbor:"3,keyasint"`
}

// serviceGroup is the prefix of the group of a service's tasks (ECS).
const serviceGroup = "service:"

// ServiceGroup returns the group of a service's tasks.
func ServiceGroup(service string) string { return serviceGroup + service }

// ServiceOfGroup returns the service whose tasks have a group; empty if it is not one of a service.
func ServiceOfGroup(group string) string {
	if !IsServiceGroup(group) {
		return ""
	}
	return strings.TrimPrefix(group, serviceGroup)
}

// IsServiceGroup reports whether a group is that of a service's tasks.
func IsServiceGroup(group string) bool { return strings.HasPrefix(group, serviceGroup) }

// PutService adds a service or its next version. Job.Version must be one more than the present
// version (1 for a new service); otherwise another change came first, and the command fails with
// Conflict. Deployment, if not nil, becomes PRIMARY and the one that was PRIMARY becomes ACTIVE.
type PutService struct {
	Job        Job
	Deployment *Deployment
	Evaluation Evaluation
	Tags       []Tag // of a new service
	// Ingress is where a service that Gantry exposes is reached.
	Ingress Ingress `cbor:"Ingress,omitzero"`
}

// CommandType implements Command.
func (PutService) CommandType() CommandType { return CmdPutService }

// DeleteService makes a service DRAINING with a desired count of zero; that is its last version.
// Without Force the desired count must already be zero.
type DeleteService struct {
	Job        string
	Force      bool
	Evaluation Evaluation
	At         Time
}

// CommandType implements Command.
func (DeleteService) CommandType() CommandType { return CmdDeleteService }
