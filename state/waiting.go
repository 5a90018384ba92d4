package state

import (
	"cmp"
	"iter"
	"math"

	"github.com/gantry-project/gantry/structs"
)

func lessWaiting(a, b *structs.Evaluation) bool { return structs.CompareWaiting(a, b) < 0 }

func lessCalled(a, b *structs.Evaluation) bool {
	return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), a.Place().Compare(b.Place()), cmp.Compare(a.ID, b.ID)) < 0
}

// Waiting returns the evaluations of a cluster that wait for room with the same ask, in the order
// in which they are served. They include those that were called.
func (s *Snapshot) Waiting(cluster, ask string) iter.Seq[*structs.Evaluation] {
	return while(evaluations.from(s, waitingEvaluations, firstOf(cluster, ask)),
		func(e *structs.Evaluation) bool { return e.Cluster == cluster && e.Place().Ask == ask })
}

// FirstWaiting returns, for each ask that waits for room in a cluster, the evaluation that is
// served first.
func (s *Snapshot) FirstWaiting(cluster string) iter.Seq[*structs.Evaluation] {
	return func(yield func(*structs.Evaluation) bool) {
		from := firstOf(cluster, "")
		for {
			var first *structs.Evaluation
			for e := range evaluations.from(s, waitingEvaluations, from) {
				first = e
				break
			}
			if first == nil || first.Cluster != cluster || !yield(first) {
				return
			}
			from = firstOf(cluster, first.Place().Ask+"\x00")
		}
	}
}

func firstOf(cluster, ask string) *structs.Evaluation {
	return &structs.Evaluation{Cluster: cluster, Queue: &structs.QueuePlace{Ask: ask, Priority: math.MaxInt}}
}

// MoreUrgent reports whether an evaluation of the same cluster that belongs to a more important job
// was called because room appeared, and is not decided yet. Evaluations of external schedulers,
// which may take their time, do not count.
func (s *Snapshot) MoreUrgent(than *structs.Evaluation) bool {
	importance := s.Importance(than)
	for e := range evaluations.from(s, calledEvaluations, firstOf(than.Cluster, "")) {
		if e.Cluster != than.Cluster || e.Place().Priority <= importance {
			return false
		}
		if job := s.Job(e.Job); job != nil && job.Scheduler == "" {
			return true
		}
	}
	return false
}

// Importance returns the priority of an evaluation's job.
func (s *Snapshot) Importance(e *structs.Evaluation) int {
	if job := s.Job(e.Job); job != nil {
		return job.Importance()
	}
	return structs.DefaultPriority
}
