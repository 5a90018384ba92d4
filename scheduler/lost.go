package scheduler

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// stopReplaced stops tasks on lost instances: on each as many as would be too many if it came back,
// given the tasks that are healthy now. It leaves tasks that no healthy one replaces, because there
// is no room or new ones do not come up: if the instance comes back, they are there at once and
// their replacements are stopped. (ECS never replaces the tasks of an instance whose agent is
// lost.)
func (s *service) stopReplaced() {
	onInstance := map[string][]*structs.Task{}
	for _, t := range s.fleet.lost {
		onInstance[t.Instance] = append(onInstance[t.Instance], t)
	}
	for _, t := range s.fleet.lost {
		tasks := onInstance[t.Instance]
		delete(onInstance, t.Instance)
		s.stopLost(tasks, s.fleet.healthy()+len(tasks)-s.count)
	}
}

// stopLost stops up to n tasks on a lost instance, those of earlier deployments first.
func (s *service) stopLost(tasks []*structs.Task, n int) {
	if n <= 0 {
		return
	}
	open := s.unprotected(tasks, n)
	slices.SortStableFunc(open, func(a, b *structs.Task) int { return s.rank(a) - s.rank(b) })
	for _, t := range open[:min(n, len(open))] {
		s.stop(t, structs.ReasonInstanceLost)
		s.fleet.leaving[t.ID] = true
		s.wake(s.in.Now) // it is STOPPED at once; no agent will report it
	}
}

// rank is a sort key that puts tasks of earlier deployments before the primary's.
func (l *look) rank(t *structs.Task) int {
	if t.StartedBy == l.primary.ID {
		return 1
	}
	return 0
}

// lost reports whether an instance's agent is not connected, so nobody knows the state of its
// tasks.
func lost(i *structs.ContainerInstance) bool {
	return i != nil && i.Status != structs.InstanceInactive && !i.AgentConnected
}
