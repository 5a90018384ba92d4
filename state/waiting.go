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

// Waiting gives the evaluations of a cluster that wait for room for the same tasks, in the order in
// which they are served. Those that were called are among them.
func (s *Snapshot) Waiting(cluster, ask string) iter.Seq[*structs.Evaluation] {
	return while(s.waiting.from(firstOf(cluster, ask)),
		func(e *structs.Evaluation) bool { return e.Cluster == cluster && e.Place().Ask == ask })
}

// FirstWaiting gives, for each thing that is asked for in vain in a cluster, the evaluation that is
// served first.
func (s *Snapshot) FirstWaiting(cluster string) iter.Seq[*structs.Evaluation] {
	return func(yield func(*structs.Evaluation) bool) {
		from := firstOf(cluster, "")
		for {
			var first *structs.Evaluation
			for e := range s.waiting.from(from) {
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

// MoreUrgent says whether an evaluation of the same cluster was called because room appeared, is
// not decided yet, and is of a more important job than this one. Those of outside schedulers, which
// may take their time, do not count.
func (s *Snapshot) MoreUrgent(than *structs.Evaluation) bool {
	importance := s.Importance(than)
	for e := range s.called.from(firstOf(than.Cluster, "")) {
		if e.Cluster != than.Cluster || e.Place().Priority <= importance {
			return false
		}
		if job := s.Job(e.Job); job != nil && job.Scheduler == "" {
			return true
		}
	}
	return false
}

// Importance is the priority of an evaluation's job.
func (s *Snapshot) Importance(e *structs.Evaluation) int {
	if job := s.Job(e.Job); job != nil {
		return job.Importance()
	}
	return structs.DefaultPriority
}

// queue keeps the place of an evaluation in its cluster's queue; was or is may be nil.
func (tx *Tx) queue(was, is *structs.Evaluation) {
	if was != nil && was.Waits() {
		tx.waiting.remove(was)
		tx.called.remove(was)
	}
	if is != nil && is.Waits() {
		tx.waiting.put(is)
	}
	if is != nil && is.Called() {
		tx.called.put(is)
	}
}
