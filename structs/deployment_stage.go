package structs

// The stages of a deployment that brings the new revision up beside the old one (ECS), in their
// order.
const (
	// with tasks of more than one earlier deployment about
	StageReconcileService = "RECONCILE_SERVICE"
	StagePreScaleUp       = "PRE_SCALE_UP"
	StageScaleUp          = "SCALE_UP"
	StagePostScaleUp      = "POST_SCALE_UP"
	StageTestShift        = "TEST_TRAFFIC_SHIFT"
	StagePostTestShift    = "POST_TEST_TRAFFIC_SHIFT"
	// this and the next once for each step of the traffic
	StagePreProductionShift  = "PRE_PRODUCTION_TRAFFIC_SHIFT"
	StageProductionShift     = "PRODUCTION_TRAFFIC_SHIFT"
	StagePostProductionShift = "POST_PRODUCTION_TRAFFIC_SHIFT"
	StageBakeTime            = "BAKE_TIME"
	StageCleanUp             = "CLEAN_UP" // the old tasks go
)

// pauseStages are those at which ECS lets a deployment be paused.
func pauseStages() []string {
	return []string{
		StageReconcileService, StagePreScaleUp, StagePostScaleUp, StagePostTestShift, StagePreProductionShift,
		StagePostProductionShift,
	}
}

// Traffic is how much, in percent, of a service's traffic goes to the tasks of a deployment; the
// rest goes to those of the earlier ones that still have tasks.
type Traffic struct {
	Production float64 `json:"production" cbor:"1,keyasint,omitzero"`
	Test       float64 `json:"test" cbor:"2,keyasint,omitzero"`
}

// The states of a pause (ECS), and what can be answered.
const (
	HookAwaiting  = "AWAITING_ACTION"
	HookSucceeded = "SUCCEEDED" // somebody said CONTINUE
	HookFailed    = "FAILED"    // somebody said ROLLBACK
	HookTimedOut  = "TIMED_OUT" // nobody said anything; its TimeoutAction was taken

	HookContinue = "CONTINUE"
	HookRollback = "ROLLBACK"
)

// Pause is a lifecycle hook that a deployment has come to.
type Pause struct {
	ID            string `json:"hookId" cbor:"1,keyasint"` // 32 hex digits
	Stage         string `json:"stage" cbor:"2,keyasint"`
	Status        string `json:"status" cbor:"3,keyasint"`
	ExpiresAt     Time   `json:"expiresAt" cbor:"4,keyasint"`
	TimeoutAction string `json:"timeoutAction" cbor:"5,keyasint"`
}

// Waits says whether the deployment is not to go on.
func (p *Pause) Waits() bool { return p.Status == HookAwaiting }

// RollsBack says whether the deployment has to go back.
func (p *Pause) RollsBack() bool {
	return p.Status == HookFailed || p.Status == HookTimedOut && p.TimeoutAction == HookRollback
}

// FindPause gives a pause of the deployment by its id; nil where it has come to none such.
func (d *Deployment) FindPause(id string) *Pause {
	for n := range d.Pauses {
		if d.Pauses[n].ID == id {
			return &d.Pauses[n]
		}
	}
	return nil
}
