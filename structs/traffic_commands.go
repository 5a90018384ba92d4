package structs

// PutLoadBalancer adds a load balancer or changes it. A name that is taken is refused.
type PutLoadBalancer struct {
	LoadBalancer LoadBalancer // with its new Version
	// Was is the version that is changed; zero: it is new.
	Was  int64
	Tags []Tag // of a new one
}

// CommandType implements Command.
func (PutLoadBalancer) CommandType() CommandType { return CmdPutLoadBalancer }

// DeleteLoadBalancer removes a load balancer with its listeners, their rules, and all their tags.
// One whose attribute deletion_protection.enabled is true is refused.
type DeleteLoadBalancer struct {
	ID string
}

// CommandType implements Command.
func (DeleteLoadBalancer) CommandType() CommandType { return CmdDeleteLoadBalancer }

// PutListener adds a listener or changes it. A port that another listener of its load balancer has
// is refused, and so are target groups that do not exist.
type PutListener struct {
	Listener Listener // with its new Version
	Was      int64    // as PutLoadBalancer.Was
	Tags     []Tag    // of a new one
}

// CommandType implements Command.
func (PutListener) CommandType() CommandType { return CmdPutListener }

// DeleteListener removes a listener with its rules.
type DeleteListener struct {
	ID string
}

// CommandType implements Command.
func (DeleteListener) CommandType() CommandType { return CmdDeleteListener }

// PutListenerRule adds a rule or changes it. A priority that another rule of its listener has is
// refused, and so are target groups that do not exist.
type PutListenerRule struct {
	Rule ListenerRule // with its new Version
	Was  int64        // as PutLoadBalancer.Was
	Tags []Tag        // of a new one
}

// CommandType implements Command.
func (PutListenerRule) CommandType() CommandType { return CmdPutListenerRule }

// DeleteListenerRule removes a rule.
type DeleteListenerRule struct {
	ID string
}

// CommandType implements Command.
func (DeleteListenerRule) CommandType() CommandType { return CmdDeleteListenerRule }

// SetRulePriorities gives rules new priorities, all at once. The rules may exchange theirs.
type SetRulePriorities struct {
	Priorities []RulePriority
}

// RulePriority is the new priority of a rule.
type RulePriority struct {
	Rule     string // ListenerRule.ID
	Priority int
}

// CommandType implements Command.
func (SetRulePriorities) CommandType() CommandType { return CmdSetRulePriorities }

// PutTargetGroup adds a target group or changes it. A name that is taken is refused.
type PutTargetGroup struct {
	Group TargetGroup // with its new Version
	Was   int64       // as PutLoadBalancer.Was
	Tags  []Tag       // of a new one
}

// CommandType implements Command.
func (PutTargetGroup) CommandType() CommandType { return CmdPutTargetGroup }

// DeleteTargetGroup removes a target group with its targets. It is refused while a listener, a rule
// or a service names the group.
type DeleteTargetGroup struct {
	ID string
}

// CommandType implements Command.
func (DeleteTargetGroup) CommandType() CommandType { return CmdDeleteTargetGroup }

// RegisterTargets adds targets to a target group. One that is there stays as it is, unless it is
// being deregistered: then it is new again.
type RegisterTargets struct {
	TargetGroup string
	Targets     []Target
}

// CommandType implements Command.
func (RegisterTargets) CommandType() CommandType { return CmdRegisterTargets }

// DeregisterTargets starts to take targets out of a target group. Those that are not there are no
// error.
type DeregisterTargets struct {
	TargetGroup string
	Targets     []TargetKey
	// DrainUntil is when they are gone; zero: at once.
	DrainUntil Time
}

// TargetKey names a target in its target group.
type TargetKey struct {
	Target string
	Port   int32 // zero: all ports of the target
}

// CommandType implements Command.
func (DeregisterTargets) CommandType() CommandType { return CmdDeregisterTargets }
