package scheduler

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// health returns the health of a RUNNING task: of its containers, and as a target of target groups.
// A task whose health is not checked is healthy.
func (l *look) health(t *structs.Task) string {
	def := l.definitionOf(t)
	if !t.IsChecked(def) {
		return structs.Healthy
	}
	return t.FullHealth(def)
}

// provenAt returns when a RUNNING task will have been up long enough to count as healthy; zero for
// one whose health is checked.
func (l *look) provenAt(t *structs.Task) structs.Time {
	return l.job.Service.Update.ProvenAt(t, l.definitionOf(t))
}

// forget resets the count of the primary's failed tasks if one of its tasks has become healthy
// since the last failure (ECS: resetOnHealthyTask).
func (s *service) forget() {
	policy := &s.job.Service.Update
	if !policy.ResetOnHealthyTask || s.primary.FailedTasks == 0 || s.ofSet {
		return
	}
	for _, t := range slices.Concat(s.fleet.current.healthy, s.fleet.old.healthy) {
		if t.StartedBy == s.primary.ID && policy.HealthySince(t, s.definitionOf(t)) > s.primary.LastFailureAt {
			s.plan.Forgets = &structs.FailedTasks{Deployment: s.primary.ID, Count: s.primary.FailedTasks}
			s.primary.FailedTasks = 0
			return
		}
	}
}

// stopUnhealthy stops tasks that fail their health checks after their grace period, those of
// containers or of target groups. They no longer
// count as healthy, so stopping them does not affect the minimum that must stay healthy, and task
// protection does not prevent it.
func (s *service) stopUnhealthy() {
	for _, r := range []*ranks{&s.fleet.current, &s.fleet.old} {
		r.unready = slices.DeleteFunc(r.unready, s.stopIfUnhealthy)
	}
}

func (s *service) stopIfUnhealthy(t *structs.Task) bool {
	if t.LastStatus != structs.TaskRunning || s.health(t) != structs.Unhealthy {
		return false
	}
	if graceEnds := t.StartedAt + structs.Time(s.job.Service.HealthGrace)*1000; s.in.Now < graceEnds {
		s.wake(graceEnds)
		return false
	}
	if !s.stopFailing(t) {
		s.stopUnhealthyTask(t, structs.ReasonUnhealthy)
	}
	return true
}

// stopUnhealthyTask stops a task that fails health checks, and counts it as failed.
func (s *service) stopUnhealthyTask(t *structs.Task, reason string) {
	s.leave(t, reason)
	s.unhealthy[t.StartedBy]++
	if t.StartedBy == s.primary.ID { // the count as it will be when the plan commits
		s.primary.FailedTasks++
		s.primary.Failures++
		s.primary.LastFailureAt = s.in.Now
	}
}

// rest reports whether the primary's tasks failed so often that it must wait before it starts more.
func (s *service) rest() bool {
	f := &s.fleet
	if f.current.size() >= s.count || s.halted() {
		return false
	}
	at := restartAt(s.primary, s.count-len(f.current.healthy))
	if at <= s.in.Now {
		return false
	}
	s.wake(at)
	s.tellOnce(unableText, "", "")
	return true
}
