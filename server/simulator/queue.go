package simulator

import (
	"cmp"
	"container/heap"

	"github.com/gantry-project/gantry/structs"
)

// queue holds the undecided evaluations. It does what the broker, which goes by the real clock,
// does for a real cluster.
type queue struct {
	importance func(*structs.Evaluation) int // the priority of its job
	// by id; any other entry in the heaps is outdated
	newest  map[string]*structs.Evaluation
	ready   evaluations
	waiting evaluations // for their time
}

// before is the order in which evaluations are decided: by priority, then by creation time, as in
// the broker.
func (q *queue) before(a, b *structs.Evaluation) int {
	return cmp.Or(cmp.Compare(q.importance(b), q.importance(a)), cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ModifyIndex, b.ModifyIndex), cmp.Compare(a.ID, b.ID))
}

func (q *queue) sooner(a, b *structs.Evaluation) int {
	return cmp.Or(cmp.Compare(a.WaitUntil, b.WaitUntil), q.before(a, b))
}

// add adds an evaluation, replacing its earlier version.
func (q *queue) add(e *structs.Evaluation) {
	if q.newest == nil {
		q.newest = map[string]*structs.Evaluation{}
		q.ready.order, q.waiting.order = q.before, q.sooner
	}
	if q.newest[e.ID] == e {
		return
	}
	q.newest[e.ID] = e
	if e.WaitUntil == 0 {
		heap.Push(&q.ready, e)
	} else {
		heap.Push(&q.waiting, e)
	}
}

// remove removes an evaluation that no longer needs to be decided.
func (q *queue) remove(id string) { delete(q.newest, id) }

// take removes and returns the first evaluation whose time has come, or nil if there is none.
func (q *queue) take(now structs.Time) *structs.Evaluation {
	for due, ok := q.nextDue(); ok && due <= now; due, ok = q.nextDue() {
		heap.Push(&q.ready, heap.Pop(&q.waiting))
	}
	for len(q.ready.rows) > 0 {
		e := heap.Pop(&q.ready).(*structs.Evaluation)
		if q.newest[e.ID] == e {
			q.remove(e.ID)
			return e
		}
	}
	return nil
}

// nextDue returns when the next evaluation that waits for its time is due.
func (q *queue) nextDue() (at structs.Time, ok bool) {
	for len(q.waiting.rows) > 0 {
		e := q.waiting.rows[0]
		if q.newest[e.ID] == e {
			return e.WaitUntil, true
		}
		heap.Pop(&q.waiting)
	}
	return 0, false
}

// evaluations is a heap (container/heap).
type evaluations struct {
	rows  []*structs.Evaluation
	order func(a, b *structs.Evaluation) int
}

func (s *evaluations) Len() int           { return len(s.rows) }
func (s *evaluations) Less(i, j int) bool { return s.order(s.rows[i], s.rows[j]) < 0 }
func (s *evaluations) Swap(i, j int)      { s.rows[i], s.rows[j] = s.rows[j], s.rows[i] }
func (s *evaluations) Push(x any)         { s.rows = append(s.rows, x.(*structs.Evaluation)) }
func (s *evaluations) Pop() any {
	last := len(s.rows) - 1
	e := s.rows[last]
	s.rows = s.rows[:last]
	return e
}
