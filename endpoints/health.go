package endpoints

import "github.com/gantry-project/gantry/structs"

// The reasons of target health (elbv2).
const (
	ReasonRegistration   = "Elb.RegistrationInProgress"
	ReasonInitial        = "Elb.InitialHealthChecking"
	ReasonFailed         = "Target.FailedHealthChecks"
	ReasonTimeout        = "Target.Timeout"
	ReasonMismatch       = "Target.ResponseCodeMismatch"
	ReasonDeregistration = "Target.DeregistrationInProgress"
	ReasonNotInUse       = "Target.NotInUse"
	ReasonNotRegistered  = "Target.NotRegistered"
	ReasonInvalidState   = "Target.InvalidState"
	ReasonCheckDisabled  = "Target.HealthCheckDisabled"
)

// Describe returns elbv2's words for a reason; empty for none. Those of ReasonMismatch name the
// codes, which the check knows.
func Describe(reason string) string {
	switch reason {
	case ReasonRegistration:
		return "Target registration is in progress"
	case ReasonInitial:
		return "Initial health checks in progress"
	case ReasonFailed:
		return "Health checks failed"
	case ReasonTimeout:
		return "Request timed out"
	case ReasonDeregistration:
		return "Target deregistration is in progress"
	case ReasonNotInUse:
		return "Target group is not configured to receive traffic from the load balancer"
	case ReasonNotRegistered:
		return "Target is not registered to the target group"
	case ReasonInvalidState:
		return "Target is in the stopped state"
	case ReasonCheckDisabled:
		return "Health checks are not enabled for this target"
	}
	return ""
}

// Row is the state of one target as DescribeTargetHealth of elbv2 shows it.
type Row struct {
	Target string // an address, or an instance in EC2's form
	Port   int32
	Zone   string
	Task   string // Task.ID; empty for a target that a user registered
	// State is initial, healthy, unhealthy, draining, unused or unavailable. Reason and Description
	// are empty for healthy.
	State       string
	Reason      string
	Description string
	Since       structs.Time // when the state began; zero if that is not known
}

func (r *Row) health(state, reason string) {
	r.State, r.Reason, r.Description = state, reason, Describe(reason)
}

// Health returns the state of every target of a group, in the order of their address and port. A
// group that no listener forwards to is not checked, and its targets are unused.
func Health(v View, group string) (rows []Row) {
	g := v.TargetGroup(group)
	if g == nil {
		return nil
	}
	used, checked := UsedGroups(v)[group], len(v.Ingress()) > 0
	for _, t := range targets(v, g) {
		switch r := &t.row; {
		case r.State == structs.TargetDraining:
		case !used:
			r.health(structs.TargetUnused, ReasonNotInUse)
		case r.State == structs.TargetInitial && !checked:
			r.health(structs.TargetInitial, ReasonRegistration)
		}
		rows = append(rows, t.row)
	}
	return rows
}

// UsedGroups returns the target groups to which a listener forwards.
func UsedGroups(v View) map[string]bool {
	used, s := map[string]bool{}, shiftsOf(v)
	for l := range v.AllListeners() {
		for _, g := range groupsOf(s.listener(v, l)) {
			used[g] = true
		}
	}
	return used
}
