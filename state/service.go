package state

import (
	"cmp"
	"iter"

	"github.com/gantry-project/gantry/structs"
)

func lessService(a, b *structs.Job) bool {
	return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) < 0
}

func lessJobVersion(a, b *structs.Job) bool {
	return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version)) < 0
}

func lessEvents(a, b *structs.ServiceEvents) bool { return a.Job < b.Job }

// Service gives the service or daemon of a name: the one that is ACTIVE or DRAINING, else the
// newest INACTIVE one; nil when there is none.
func (s *Snapshot) Service(cluster, name string) *structs.Job {
	var best *structs.Job
	for j := range while(s.services.from(&structs.Job{Cluster: cluster, Name: name}),
		func(j *structs.Job) bool { return j.Cluster == cluster && j.Name == name }) {
		best = preferred(best, j)
	}
	return best
}

// Services gives the services and daemons of a cluster by name, one of each name as Service does.
func (s *Snapshot) Services(cluster string) iter.Seq[*structs.Job] {
	return func(yield func(*structs.Job) bool) {
		var best *structs.Job
		for j := range while(s.services.from(&structs.Job{Cluster: cluster}),
			func(j *structs.Job) bool { return j.Cluster == cluster }) {
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

// preferred is which of two services of one name a user means by it. At most one of a name is not
// INACTIVE.
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

// JobVersion gives a service as it was at a version, nil when that is not known.
func (s *Snapshot) JobVersion(job string, version int) *structs.Job {
	j, _ := s.jobVersions.get(&structs.Job{ID: job, Version: version})
	return j
}

// JobVersions gives the known versions of a service, oldest first.
func (s *Snapshot) JobVersions(job string) iter.Seq[*structs.Job] {
	return while(s.jobVersions.from(&structs.Job{ID: job}), func(j *structs.Job) bool { return j.ID == job })
}

// AllJobVersions gives every version of every service, by job and version.
func (s *Snapshot) AllJobVersions() iter.Seq[*structs.Job] { return s.jobVersions.all() }

// PutJobVersion keeps a service as it is at its version.
func (tx *Tx) PutJobVersion(j *structs.Job) { tx.jobVersions.put(j) }

// RemoveJobVersion forgets one version of a service.
func (tx *Tx) RemoveJobVersion(j *structs.Job) { tx.jobVersions.remove(j) }

// ServiceEvents gives the events of a service. Never nil.
func (s *Snapshot) ServiceEvents(job string) *structs.ServiceEvents {
	if e, ok := s.events.get(&structs.ServiceEvents{Job: job}); ok {
		return e
	}
	return &structs.ServiceEvents{Job: job}
}

// AllServiceEvents gives the events of each service that has some, by job.
func (s *Snapshot) AllServiceEvents() iter.Seq[*structs.ServiceEvents] { return s.events.all() }

// PutServiceEvents sets all events of a service.
func (tx *Tx) PutServiceEvents(e *structs.ServiceEvents) { tx.events.put(e) }

// RemoveServiceEvents forgets the events of a service.
func (tx *Tx) RemoveServiceEvents(job string) { tx.events.remove(&structs.ServiceEvents{Job: job}) }
