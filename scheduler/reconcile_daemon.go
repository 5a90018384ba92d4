package scheduler

import (
	"cmp"
	"slices"

	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/structs"
)

// findFeasible sets the instances that a daemon runs on; their number is its count.
func (l *look) findFeasible() {
	l.feasible = map[string]bool{}
	r := &place.Request{View: l.in.View, Job: l.job, Definition: l.definition, Share: l.share(l.job.Strategy(), &ranks{})}
	for _, i := range place.Feasible(r) {
		l.feasible[i.ID] = true
	}
	l.count = len(l.feasible)
}

// vacant returns the feasible instances without a task of the primary deployment. Instances without
// any task of the daemon come first, so that a task that made way is replaced on its instance.
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

// leavesLater reports whether an instance drains and still has tasks other than those of daemons.
// The work that a daemon does for them, such as shipping their logs, goes on until the last has
// stopped (ECS). fsm then wakes the daemons.
func (l *look) leavesLater(i *structs.ContainerInstance) bool {
	if i == nil || i.Status != structs.InstanceDraining {
		return false
	}
	for t := range l.in.View.InstanceTasks(i.ID) {
		if job := l.in.View.Job(t.Job); job == nil || job.Type != structs.JobDaemon {
			return true
		}
	}
	return false
}
