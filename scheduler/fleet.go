package scheduler

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// fleet holds the tasks of a service that have not stopped. A task is alive while nobody has asked
// it to stop. It is healthy if it is alive, RUNNING, and passes its health checks or, if it has
// none, has been up for the minimum of the update policy. Tasks that the plan stops move from their
// place here to leaving.
type fleet struct {
	// current are the alive tasks of the primary deployment in the right places. old are the other
	// alive tasks, which it replaces: those of earlier deployments, and those on an instance that
	// they must leave.
	current, old ranks
	// astray are alive tasks of a daemon on instances where it should not run. They count for
	// nothing, and nothing replaces them.
	astray []*structs.Task
	// last are alive tasks of a daemon on draining instances that still have other tasks, after
	// which they leave. They count for nothing either.
	last []*structs.Task
	// failing are alive tasks of the primary that fail the health checks of a target group. They
	// count for nothing, and go when others have replaced them.
	failing []*structs.Task
	// lost are the alive tasks of a service on lost instances. They count for nothing and are
	// replaced.
	lost []*structs.Task
	// leaving are the stopping tasks, by id. They still hold their resources.
	leaving map[string]bool
	// holding counts the tasks that have not stopped, by their deployment.
	holding map[string]int
	// hosts counts current and old by instance.
	hosts map[string]int
}

// ranks are alive tasks by health: healthy ones, fresh ones (which run but have not yet shown that
// they stay up), and others. A fresh task does not replace another task yet, and is stopped only if
// there are too many: whether it is healthy will be known in a moment.
type ranks struct{ healthy, fresh, unready []*structs.Task }

func (r *ranks) size() int { return len(r.healthy) + len(r.fresh) + len(r.unready) }

func (f *fleet) alive() int   { return f.current.size() + f.old.size() }
func (f *fleet) healthy() int { return len(f.current.healthy) + len(f.old.healthy) }

// survey sorts the tasks of the service into the fleet.
func (s *service) survey() {
	s.unhealthy = map[string]int{}
	s.fleet = fleet{leaving: map[string]bool{}, holding: map[string]int{}, hosts: map[string]int{}}
	manned := map[string]bool{} // instances with a current task of a daemon
	for t := range s.in.View.JobTasks(s.job.ID) {
		if !t.Holds() || s.ofSet && t.StartedBy != s.primary.ID {
			continue
		}
		s.fleet.holding[t.StartedBy]++
		switch instance := s.in.View.Instance(t.Instance); {
		case t.DesiredStatus >= structs.TaskStopped:
			s.fleet.leaving[t.ID] = true
		case !s.daemon() && lost(instance):
			s.fleet.lost = append(s.fleet.lost, t)
		case !s.daemon():
			s.enlist(t, t.StartedBy == s.primary.ID && instance != nil && instance.Status == structs.InstanceActive)
		case instance != nil && instance.Status == structs.InstanceActive && !instance.CanStart():
			// Its health is unknown, or it could not be replaced there, and its instance is not
			// feasible: it is left alone.
		case s.leavesLater(instance):
			s.fleet.last = append(s.fleet.last, t)
		case !s.feasible[t.Instance]:
			s.fleet.astray = append(s.fleet.astray, t)
		default:
			current := t.StartedBy == s.primary.ID && !manned[t.Instance]
			manned[t.Instance] = manned[t.Instance] || current
			s.enlist(t, current)
		}
	}
	for _, t := range slices.Concat(s.fleet.current.fresh, s.fleet.old.fresh) {
		s.wake(roundUp(s.provenAt(t)))
	}
}

// roundUp rounds a time up, so that tasks that become healthy in quick succession ask for one look,
// not one each.
func roundUp(at structs.Time) structs.Time {
	const step = 100
	return (at + step - 1) / step * step
}

func (s *service) enlist(t *structs.Task, current bool) {
	r := &s.fleet.old
	if current {
		r = &s.fleet.current
	}
	switch {
	case t.LastStatus != structs.TaskRunning || s.health(t) != structs.Healthy:
		r.unready = append(r.unready, t)
	case s.provenAt(t) > s.in.Now:
		r.fresh = append(r.fresh, t)
	default:
		r.healthy = append(r.healthy, t)
	}
	s.fleet.hosts[t.Instance]++
}
