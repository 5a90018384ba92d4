package scheduler

import (
	"fmt"

	"github.com/gantry-project/gantry/structs"
)

// stopFailing stops a task that fails the health checks of a target group, or keeps it beside its
// replacement until that is healthy: it may still answer some requests, and if no other target of
// its group is healthy it gets all of them. It does not count as one of the service's tasks any
// more. It reports whether the task is one of these.
func (s *service) stopFailing(t *structs.Task) bool {
	target := t.UnhealthyTarget()
	if target == nil || t.Health(s.definitionOf(t)) == structs.Unhealthy { // its container is at fault
		return false
	}
	s.tellUnhealthy(t, target)
	if t.StartedBy == s.primary.ID && s.primary.Rollout == structs.RolloutCompleted && !s.daemon() {
		s.fleet.failing = append(s.fleet.failing, t)
		return true
	}
	s.stopUnhealthyTask(t, s.targetReason(target))
	return true
}

// dropFailing stops up to n tasks that fail the health checks of a target group, and returns how
// many.
func (s *service) dropFailing(n int) (stopped int) {
	f := &s.fleet
	for len(f.failing) > 0 && stopped < n {
		t := f.failing[0]
		f.failing = f.failing[1:]
		s.stopUnhealthyTask(t, s.targetReason(t.UnhealthyTarget()))
		stopped++
	}
	return stopped
}

// stopReplacedFailing stops the tasks that fail the health checks of a target group once healthy
// ones have replaced them, or where there is no room for both.
func (s *service) stopReplacedFailing() {
	f := &s.fleet
	s.dropFailing(max(s.plan.Unplaced, len(f.current.healthy)+len(f.failing)-s.count))
}

// targetReason returns the reason of a task that is stopped because of a target.
func (l *look) targetReason(target *structs.TaskTarget) string {
	return structs.ReasonTargetUnhealthy(l.groupOf(target))
}

// groupOf returns the target group of a target, or one with no name if it is gone.
func (l *look) groupOf(target *structs.TaskTarget) *structs.TargetGroup {
	if group := l.in.View.TargetGroup(target.TargetGroup); group != nil {
		return group
	}
	return &structs.TargetGroup{ID: target.TargetGroup, Name: "deleted"}
}

// tellUnhealthy adds the event about a target that fails its health checks, in ECS's words.
func (w *planWriter) tellUnhealthy(t *structs.Task, target *structs.TaskTarget) {
	which := "(task " + t.ID + ")"
	if i := w.in.View.Instance(t.Instance); t.Address == "" && i != nil {
		which = "(instance " + i.EC2ID() + ")"
	}
	begin := fmt.Sprintf("%s (port %d) is unhealthy in %s due to ", which, target.Port, structs.TargetGroupText(w.groupOf(target)))
	w.tellOnce(begin, "(reason "+target.Health.Description+").", "")
}

// turnOver makes a deployment that shifts traffic use the other target groups than the one that
// serves, if the service has two.
func (s *service) turnOver(serving *structs.Deployment) {
	version := s.in.View.JobVersion(s.job.ID, s.primary.JobVersion)
	if version == nil {
		version = s.job
	}
	s.primary.Alternate = serving != nil && !serving.Alternate && structs.Alternates(version.Service.LoadBalancers)
}
