package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

// Service returns the service or daemon with a name: the one that is ACTIVE or DRAINING, otherwise
// the newest INACTIVE one; nil if there is none.
func (s *Snapshot) Service(cluster, name string) *structs.Job {
	var best *structs.Job
	for j := range while(jobs.from(s, servicesByName, &structs.Job{Cluster: cluster, Name: name}),
		func(j *structs.Job) bool { return j.Cluster == cluster && j.Name == name }) {
		best = preferred(best, j)
	}
	return best
}

// Services returns the services and daemons of a cluster by name, for each name the one that
// Service returns.
func (s *Snapshot) Services(cluster string) iter.Seq[*structs.Job] {
	return func(yield func(*structs.Job) bool) {
		var best *structs.Job
		for j := range jobs.of(s, servicesByName, &structs.Job{Cluster: cluster}) {
			if best != nil && best.Name != j.Name {
				if !yield(best) {
					return
				}
				best = nil
			}
			best = preferred(best, j)
		}
		if best != nil {
			yield(best)
		}
	}
}

// preferred returns which of two services with the same name the name stands for. At most one of
// them is not INACTIVE.
func preferred(a, b *structs.Job) *structs.Job {
	switch {
	case a == nil || b.Status != structs.ServiceInactive:
		return b
	case a.Status != structs.ServiceInactive || a.DeletedAt > b.DeletedAt:
		return a
	default:
		return b
	}
}
