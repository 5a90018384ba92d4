package structs

// The stages of a deployment that brings the new revision up beside the old one (ECS), in their
// order.
const (
	// if tasks of more than one earlier deployment are running
	StageReconcileService = "RECONCILE_SERVICE"
	StagePreScaleUp       = "PRE_SCALE_UP"
	StageScaleUp          = "SCALE_UP"
	StagePostScaleUp      = "POST_SCALE_UP"
	StageTestShift        = "TEST_TRAFFIC_SHIFT"
	StagePostTestShift    = "POST_TEST_TRAFFIC_SHIFT"
	// this stage and the next repeat for each traffic step
	StagePreProductionShift  = "PRE_PRODUCTION_TRAFFIC_SHIFT"
	StageProductionShift     = "PRODUCTION_TRAFFIC_SHIFT"
	StagePostProductionShift = "POST_PRODUCTION_TRAFFIC_SHIFT"
	StageBakeTime            = "BAKE_TIME"
	StageCleanUp             = "CLEAN_UP" // the old tasks are stopped
)

// pauseStages returns the stages at which ECS can pause a deployment.
func pauseStages() []string {
	return []string{
		StageReconcileService, StagePreScaleUp, StagePostScaleUp, StagePostTestShift, StagePreProductionShift,
		StagePostProductionShift,
	}
}

// Traffic is the percentage of a service's traffic that goes to the tasks of a deployment. The rest
// goes to the earlier deployments that still have tasks.
type Traffic struct {
	Production float64 `json:"production" cbor:"1,keyasint,omitzero"`
	Test       float64 `json:"test" cbor:"2,keyasint,omitzero"`
}

// The states of a pause (ECS), and the possible answers to it.
const (
	HookAwaiting  = "AWAITING_ACTION"
	HookSucceeded = "SUCCEEDED" // a user answered CONTINUE
	HookFailed    = "FAILED"    // a user answered ROLLBACK
	HookTimedOut  = "TIMED_OUT" // nobody answered; its TimeoutAction was taken

	HookContinue = "CONTINUE"
	HookRollback = "ROLLBACK"
)

// Pause is a lifecycle hook that a deployment has reached.
type Pause struct {
	ID            string `json:"hookId" cbor:"1,keyasint"` // 32 hex digits
	Stage         string `json:"stage" cbor:"2,keyasint"`
	Status        string `json:"status" cbor:"3,keyasint"`
	ExpiresAt     Time   `json:"expiresAt" cbor:"4,keyasint"`
	TimeoutAction string `json:"timeoutAction" cbor:"5,keyasint"`
}

// Waits reports whether the deployment must wait.
func (p *Pause) Waits() bool { return p.Status == HookAwaiting }

// RollsBack reports whether the deployment must roll back.
func (p *Pause) RollsBack() bool {
	return p.Status == HookFailed || p.Status == HookTimedOut && p.TimeoutAction == HookRollback
}

// FindPause returns the pause with the given id, or nil if the deployment has not reached it.
func (d *Deployment) FindPause(id string) *Pause {
	for n := range d.Pauses {
		if d.Pauses[n].ID == id {
			return &d.Pauses[n]
		}
	}
	return nil
}
