package scheduler

import (
	"slices"

	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/structs"
)

// release stops up to n tasks of the pool, takes them out of it, and returns how many. They are
// stopped in ECS's order of scale-in: first those that are not running; then from the zone (or
// other place of the strategy's spread) with the most tasks, there from the instance with the most,
// and there the newest. Protected tasks stay. If n cannot be reached without them, the service is
// looked at again when the first protection ends.
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

// leave stops an alive task and moves it to leaving.
func (s *service) leave(t *structs.Task, reason string) {
	s.stop(t, reason)
	s.fleet.leaving[t.ID] = true
	s.fleet.hosts[t.Instance]--
}

// unprotected returns the tasks of the pool that may be stopped, if n should be.
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

// fromTheFullest picks n tasks one by one, each from the place with the most tasks left.
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

// levels returns the attributes over whose values the tasks are spread: those at the beginning of
// the strategy or, if it does not begin with a spread, the zone, which scale-in keeps even anyway
// (ECS). There are none for a daemon, which is on every instance.
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
