package structs

import (
	"slices"
	"strconv"
	"strings"
)

// MaxServiceLoadBalancers is how many target groups a service can have (ECS).
const MaxServiceLoadBalancers = 5

// Group returns the target group of the tasks of a deployment that uses the alternate target groups
// or not (Deployment.Alternate).
func (b *ServiceLoadBalancer) Group(alternate bool) string {
	if alternate && b.Alternate != nil {
		return b.Alternate.TargetGroup
	}
	return b.TargetGroup
}

// Alternates reports whether one of the load balancers has a second target group, so that
// deployments that shift traffic use the two in turn.
func Alternates(all []ServiceLoadBalancer) bool {
	for n := range all {
		if all[n].Alternate != nil {
			return true
		}
	}
	return false
}

// BalancersOf returns the load balancers of a deployment's tasks: those of its task set, or of the
// service at the version that it deploys.
func BalancersOf(d *Deployment, version *Job) []ServiceLoadBalancer {
	switch {
	case d != nil && d.TaskSet != nil:
		return d.TaskSet.LoadBalancers
	case version != nil && version.Service != nil:
		return version.Service.LoadBalancers
	}
	return nil
}

// TargetPort returns the port at which a container's port is reached from outside of a task: the
// host's port that the engine chose, or the container's own in the modes awsvpc and host. It is
// zero as long as it is not known.
func (t *Task) TargetPort(d *TaskDefinition, container string, port int32) int32 {
	if d.NetworkMode == NetworkAwsvpc || d.NetworkMode == NetworkHost {
		return port
	}
	for n := range t.Containers {
		if t.Containers[n].Name != container {
			continue
		}
		for _, b := range t.Containers[n].NetworkBindings {
			if deref(b.ContainerPort) == port && deref(b.HostPort) != 0 {
				return *b.HostPort
			}
		}
	}
	return 0
}

// TargetsHealth returns the worst health of the task as a target of target groups. It is HEALTHY if
// the task is none.
func (t *Task) TargetsHealth() string {
	health := Healthy
	for n := range t.Targets {
		switch t.Targets[n].Health.State {
		case TargetUnhealthy:
			return Unhealthy
		case TargetHealthy, TargetUnavailable:
		default:
			health = HealthUnknown
		}
	}
	return health
}

// UnhealthyTarget returns the first of the task's targets that fails its health checks, or nil.
func (t *Task) UnhealthyTarget() *TaskTarget {
	for n := range t.Targets {
		if t.Targets[n].Health.State == TargetUnhealthy {
			return &t.Targets[n]
		}
	}
	return nil
}

// Deregistration returns how many seconds a target group waits for open requests when one of its
// targets goes (the attribute deregistration_delay.timeout_seconds).
func (g *TargetGroup) Deregistration() int {
	if n, err := strconv.Atoi(AttributeOf(g.Attributes, "deregistration_delay.timeout_seconds")); err == nil && n >= 0 {
		return n
	}
	return DeregistrationDelay
}

// targetGroupMark begins the name of a target group in events and reasons.
const targetGroupMark = "(target-group "

// TargetGroupText names a target group in events and reasons: by its resource, since state knows no
// region and account. TrafficARNsIn makes an ARN of it.
func TargetGroupText(g *TargetGroup) string { return targetGroupMark + string(g.Resource()) + ")" }

// TrafficARNsIn replaces the names of target groups in an event or a reason by their ARNs, which
// begin with prefix: arn:aws:elasticloadbalancing:REGION:ACCOUNT: (ECS).
func TrafficARNsIn(text, prefix string) string {
	return strings.ReplaceAll(text, targetGroupMark+ResourceTargetGroup+"/", targetGroupMark+prefix+ResourceTargetGroup+"/")
}

// reasonTargetUnhealthy begins the reason of tasks that failed the health checks of a target group
// (ECS).
const reasonTargetUnhealthy = "Task failed ELB health checks in "

// ReasonTargetUnhealthy is the reason of a task that failed the health checks of a target group.
func ReasonTargetUnhealthy(g *TargetGroup) string { return reasonTargetUnhealthy + TargetGroupText(g) }

// IsUnhealthyReason reports whether a task is stopped for failing health checks, of its containers
// or of a target group.
func IsUnhealthyReason(reason string) bool {
	return reason == ReasonUnhealthy || strings.HasPrefix(reason, reasonTargetUnhealthy)
}

// sameTraffic reports whether the tasks of two versions of a service receive traffic in the same
// way.
func (j *Job) sameTraffic(o *Job) bool {
	if j.Service == nil || o.Service == nil {
		return j.Service == o.Service
	}
	traffic := func(s *ServiceSpec) ServiceSpec {
		return ServiceSpec{LoadBalancers: s.LoadBalancers, Registries: s.Registries, Connect: s.Connect}
	}
	return len(Diff(traffic(j.Service), traffic(o.Service))) == 0
}

// balancers returns the load balancers of a job file, with what it may leave out.
func (s *JobSpec) balancers() []ServiceLoadBalancer {
	all := slices.Clone(s.LoadBalancers)
	for n := range all {
		b := &all[n]
		if b.Container == "" && len(s.Containers) == 1 {
			b.Container = s.Containers[0].Name
		}
		for i := range s.Containers {
			if c := &s.Containers[i]; c.Name == b.Container && b.ContainerPort == 0 && len(c.PortMappings) == 1 {
				b.ContainerPort = deref(c.PortMappings[0].ContainerPort)
			}
		}
	}
	return all
}
