package scheduler

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// health is that of a RUNNING task. One without a health check is healthy.
func (l *look) health(t *structs.Task) string {
	if !l.checked(t) {
		return structs.Healthy
	}
	return t.Health(l.definitionOf(t))
}

func (l *look) checked(t *structs.Task) bool {
	def := l.definitionOf(t)
	return def != nil && def.HasHealthCheck()
}

// provenAt is when a RUNNING task has been up for long enough to count as healthy; zero for one
// whose health check tells.
func (l *look) provenAt(t *structs.Task) structs.Time {
	return l.job.Service.Update.ProvenAt(t, l.definitionOf(t))
}

// forget sets the count of the primary's failed tasks to zero where a task of it has become healthy
// since the last of them (ECS, resetOnHealthyTask).
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

// stopUnhealthy stops tasks that fail their health checks, once their grace is over. They count as
// healthy no longer, so this takes nothing from what must stay healthy, and protection does not
// cover it.
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
	s.leave(t, structs.ReasonUnhealthy)
	s.unhealthy[t.StartedBy]++
	if t.StartedBy == s.primary.ID { // as it will be counted when the plan commits
		s.primary.FailedTasks++
		s.primary.Failures++
		s.primary.LastFailureAt = s.in.Now
	}
	return true
}

// rest says whether the primary's tasks failed so often that it is to wait before it starts more.
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
