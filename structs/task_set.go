package structs

import "math"

// TaskSetDraining is the state of a task set that was deleted and has tasks left; before it is
// ACTIVE or PRIMARY, and after it INACTIVE, as deployments are.
const TaskSetDraining = "DRAINING"

// TaskSet is what a deployment has when it is one of several that a controller outside of Gantry
// scales against each other. Its ID is its tasks' StartedBy, as that of any deployment. Who writes
// what: users its scale and which is PRIMARY, a plan that it has become INACTIVE.
type TaskSet struct {
	ExternalID string  `json:"externalId,omitzero" cbor:"1,keyasint,omitzero"`
	Scale      float64 `json:"scale" cbor:"2,keyasint,omitzero"` // percent of the service's count
	// ClientToken makes the request idempotent within its service; RequestHash tells the same
	// request from another.
	ClientToken string `json:"clientToken,omitzero" cbor:"3,keyasint,omitzero"`
	RequestHash string `json:"requestHash,omitzero" cbor:"4,keyasint,omitzero"`
}

// External says whether a service has task sets in place of deployments.
func (j *Job) External() bool {
	return j.Service != nil && j.Service.Controller == ControllerExternal
}

// Computed is how many tasks the set is to have: its part of the service's count, rounded up (ECS).
func (s *TaskSet) Computed(count int) int {
	const slack = 1e-9 // percents are seldom exact in binary: 7 % of 100 is 7, not 8
	return int(math.Ceil(float64(count)*s.Scale/100 - slack))
}

// PutTaskSet adds a task set to a service of controller EXTERNAL, or changes the scale of one that
// is there. A new one with a client token that the service knows finds the earlier one, as in
// CreateJob.
type PutTaskSet struct {
	Set        Deployment
	Evaluation Evaluation
	Tags       []Tag // of a new one
}

// CommandType implements Command.
func (PutTaskSet) CommandType() CommandType { return CmdPutTaskSet }

// DeleteTaskSet makes a task set DRAINING; it goes with its last task. Without Force it must be
// scaled to nothing, and not be PRIMARY.
type DeleteTaskSet struct {
	Set        string
	Force      bool
	Evaluation Evaluation
	At         Time
}

// CommandType implements Command.
func (DeleteTaskSet) CommandType() CommandType { return CmdDeleteTaskSet }

// SetPrimaryTaskSet makes a task set PRIMARY, in place of the one that was.
type SetPrimaryTaskSet struct {
	Set string
	At  Time
}

// CommandType implements Command.
func (SetPrimaryTaskSet) CommandType() CommandType { return CmdSetPrimaryTaskSet }
