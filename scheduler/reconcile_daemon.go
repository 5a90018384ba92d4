package scheduler

import (
	"cmp"
	"slices"

	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/structs"
)

// daemon says whether the service keeps one task on each feasible instance, rather than a number of
// tasks wherever they fit.
func (s *service) daemon() bool { return s.job.Type == structs.JobDaemon }

// findFeasible finds the instances that a daemon runs on; their number is its count.
func (s *service) findFeasible() {
	s.feasible = map[string]bool{}
	for _, i := range place.Feasible(s.request(0, nil)) {
		s.feasible[i.ID] = true
	}
	s.count = len(s.feasible)
	s.plan.Desired = new(s.count)
}

// vacant are the feasible instances without a task of the primary deployment; first those that have
// none at all, so that a task that made way is followed where it was.
func (s *service) vacant() []string {
	taken := map[string]bool{}
	for _, t := range slices.Concat(s.fleet.current.healthy, s.fleet.current.unready) {
		taken[t.Instance] = true
	}
	var vacant []string
	for id := range s.feasible {
		if !taken[id] {
			vacant = append(vacant, id)
		}
	}
	slices.SortFunc(vacant, func(a, b string) int {
		return cmp.Or(cmp.Compare(s.fleet.hosts[a], s.fleet.hosts[b]), cmp.Compare(a, b))
	})
	return vacant
}

// leavesLater reports whether an instance drains and still has tasks other than daemons': what a
// daemon does for them, such as shipping their logs, goes on until the last of them has stopped
// (ECS). State wakes the daemons then.
func (s *service) leavesLater(i *structs.ContainerInstance) bool {
	if i == nil || i.Status != structs.InstanceDraining {
		return false
	}
	for t := range s.in.View.InstanceTasks(i.ID) {
		if job := s.in.View.Job(t.Job); job == nil || job.Type != structs.JobDaemon {
			return true
		}
	}
	return false
}
