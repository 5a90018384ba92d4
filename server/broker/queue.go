package broker

import (
	"cmp"
	"container/heap"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// item is one evaluation in the broker. The broker's lock guards it.
type item struct {
	eval    *structs.Evaluation
	arrival uint64      // grows with every item that enters the queue; breaks ties of CreatedAt
	token   Token       // of the worker that holds it; zero: none does
	changed bool        // a newer one came while a worker holds it
	nacks   int         // how often it was given back
	timer   *time.Timer // the worker's deadline or the end of its rest; nil: neither
}

func (it *item) stopTimer() {
	if it.timer != nil {
		it.timer.Stop()
	}
}

// older orders by when the evaluations were made, then by when they came.
func older(a, b *item) bool {
	return cmp.Or(cmp.Compare(a.eval.CreatedAt, b.eval.CreatedAt), cmp.Compare(a.arrival, b.arrival)) < 0
}

// queue orders evaluations, oldest first, with at most one of each job ready or taken.
type queue struct {
	ready items
	// jobs has an entry for each job that has one ready or taken: those that wait behind it.
	jobs     map[string]*items
	taken    int
	arrivals uint64
}

func newQueue() queue { return queue{jobs: map[string]*items{}} }

// add puts an item in: ready, or behind the one of its job.
func (q *queue) add(it *item) {
	q.arrivals++
	it.arrival = q.arrivals
	if behind, busy := q.jobs[it.eval.Job]; busy {
		heap.Push(behind, it)
		return
	}
	q.jobs[it.eval.Job] = &items{}
	heap.Push(&q.ready, it)
}

// take gives the oldest ready item, nil when there is none. Its job stays busy until done.
func (q *queue) take() *item {
	if len(q.ready) == 0 {
		return nil
	}
	q.taken++
	return heap.Pop(&q.ready).(*item)
}

// done says that a taken item is out, and makes the next of its job ready.
func (q *queue) done(it *item) {
	q.taken--
	behind := q.jobs[it.eval.Job]
	if len(*behind) == 0 {
		delete(q.jobs, it.eval.Job)
		return
	}
	heap.Push(&q.ready, heap.Pop(behind))
}

// waiting counts the items behind another of their job.
func (q *queue) waiting() (n int) {
	for _, behind := range q.jobs {
		n += len(*behind)
	}
	return n
}

// items is a heap, oldest first (container/heap).
type items []*item

func (s items) Len() int           { return len(s) }
func (s items) Less(i, j int) bool { return older(s[i], s[j]) }
func (s items) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *items) Push(x any)        { *s = append(*s, x.(*item)) }
func (s *items) Pop() any {
	last := (*s)[len(*s)-1]
	(*s)[len(*s)-1] = nil
	*s = (*s)[:len(*s)-1]
	return last
}
