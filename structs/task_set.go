package structs

import "math"

// TaskSetDraining is the state of a task set that was deleted and still has tasks. Otherwise task
// sets have the states of deployments.
const TaskSetDraining = "DRAINING"

// TaskSet makes a deployment one of several that a controller outside Gantry scales against each
// other. As with any deployment, its tasks carry its ID as their StartedBy. Who writes what: users
// set its scale and which one is PRIMARY; plans make it INACTIVE.
type TaskSet struct {
	ExternalID string  `json:"externalId,omitzero" cbor:"1,keyasint,omitzero"`
	Scale      float64 `json:"scale" cbor:"2,keyasint,omitzero"` // percent of the service's count
	// ClientToken makes the request idempotent within its service. RequestHash distinguishes a
	// repeated request from a different one.
	ClientToken string `json:"clientToken,omitzero" cbor:"3,keyasint,omitzero"`
	RequestHash string `json:"requestHash,omitzero" cbor:"4,keyasint,omitzero"`
	// Where the set's tasks go, as in Job: a launch type or a capacity provider strategy.
	LaunchType       string                         `json:"launchType,omitzero" cbor:"5,keyasint,omitzero"`
	PlatformVersion  string                         `json:"platformVersion,omitzero" cbor:"6,keyasint,omitzero"`
	CapacityStrategy []CapacityProviderStrategyItem `json:"capacityProviderStrategy,omitzero" cbor:"7,keyasint,omitzero"`
	Network          *AwsVpcConfiguration           `json:"network,omitzero" cbor:"8,keyasint,omitzero"`
	LoadBalancers    []ServiceLoadBalancer          `json:"loadBalancers,omitzero" cbor:"9,keyasint,omitzero"`
}

// Of returns the service as it is for the set's tasks.
func (s *TaskSet) Of(j *Job) *Job {
	of := *j
	of.LaunchType, of.PlatformVersion, of.CapacityStrategy, of.Network = s.LaunchType, s.PlatformVersion, s.CapacityStrategy, s.Network
	return &of
}

// External reports whether a service has task sets instead of deployments.
func (j *Job) External() bool {
	return j.Service != nil && j.Service.Controller == ControllerExternal
}

// Computed returns the desired count of the set: its part of the service's count, rounded up (ECS).
func (s *TaskSet) Computed(count int) int {
	const slack = 1e-9 // percentages are rarely exact in binary: 7 % of 100 is 7, not 8
	return int(math.Ceil(float64(count)*s.Scale/100 - slack))
}

// PutTaskSet adds a task set to a service with controller EXTERNAL, or changes the scale of an
// existing one. If the client token was used in the service before, the earlier task set is the
// result, as in CreateJob.
type PutTaskSet struct {
	Set        Deployment
	Evaluation Evaluation
	Tags       []Tag // of a new one
}

// CommandType implements Command.
func (PutTaskSet) CommandType() CommandType { return CmdPutTaskSet }

// DeleteTaskSet makes a task set DRAINING until its last task has stopped. Without Force its scale
// must be zero, and it must not be PRIMARY.
type DeleteTaskSet struct {
	Set        string
	Force      bool
	Evaluation Evaluation
	At         Time
}

// CommandType implements Command.
func (DeleteTaskSet) CommandType() CommandType { return CmdDeleteTaskSet }

// SetPrimaryTaskSet makes a task set PRIMARY, replacing the present one.
type SetPrimaryTaskSet struct {
	Set string
	At  Time
}

// CommandType implements Command.
func (SetPrimaryTaskSet) CommandType() CommandType { return CmdSetPrimaryTaskSet }
