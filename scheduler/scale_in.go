package scheduler

import (
	"slices"

	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/structs"
)

// release stops up to n tasks of the pool, takes them out of it, and returns how many. They go in
// ECS's order of scale-in: first those that are not running; then from the zone (or whatever the
// strategy spreads over) with the most tasks, there from the instance with the most, and there the
// newest. Protected tasks stay. If they are needed to reach n, the service is looked at again when
// the first protection ends.
func (s *service) release(pool *[]*structs.Task, n int) int {
	if n <= 0 {
		return 0
	}
	var running, others []*structs.Task
	for _, t := range s.unprotected(*pool, n) {
		if t.LastStatus == structs.TaskRunning {
			running = append(running, t)
		} else {
			others = append(others, t)
		}
	}
	stopped := s.stopFullest(others, n)
	stopped += s.stopFullest(running, n-stopped)
	*pool = slices.DeleteFunc(*pool, func(t *structs.Task) bool { return s.fleet.leaving[t.ID] })
	return stopped
}

// stopFullest stops up to n tasks and returns how many.
func (s *service) stopFullest(pool []*structs.Task, n int) int {
	if n < len(pool) {
		pool = s.fromTheFullest(pool, n)
	}
	for _, t := range pool {
		s.leave(t, scaledBy(s.primary))
	}
	return len(pool)
}

// leave stops an alive task.
func (s *service) leave(t *structs.Task, reason string) {
	s.stop(t, reason)
	s.fleet.leaving[t.ID] = true
	s.fleet.hosts[t.Instance]--
}

// unprotected returns the tasks of the pool that may be stopped, when n are to be.
func (s *service) unprotected(pool []*structs.Task, n int) []*structs.Task {
	var open []*structs.Task
	var until structs.Time
	for _, t := range pool {
		if t.ProtectedUntil <= s.in.Now {
			open = append(open, t)
		} else if until == 0 || t.ProtectedUntil < until {
			until = t.ProtectedUntil
		}
	}
	if until > 0 && len(open) < n {
		s.held = true
		s.wake(until)
	}
	return open
}

// fromTheFullest picks n tasks one by one, each from where the service has the most left.
func (s *service) fromTheFullest(pool []*structs.Task, n int) []*structs.Task {
	return s.balance().fullest(pool, n)
}

// balance counts the tasks of the service that are alive.
func (s *service) balance() *balance {
	f := &s.fleet
	alive := slices.Concat(f.current.healthy, f.current.fresh, f.current.unready, f.old.healthy, f.old.fresh, f.old.unready)
	alive = slices.DeleteFunc(alive, func(t *structs.Task) bool { return f.leaving[t.ID] })
	return newBalance(s.in.View, s.levels(), alive)
}

// levels returns the attributes over whose values the tasks are spread: those that the strategy
// begins with. If it does not begin with a spread, that is the zone, which scale-in keeps even all
// the same (ECS). A daemon is on every instance whatever the zone.
func (l *look) levels() []string {
	attributes, instances := place.SpreadLevels(l.job)
	switch {
	case l.daemon():
		return nil
	case len(attributes) > 0 || instances:
		return attributes
	default:
		return []string{structs.AttributeZone}
	}
}
