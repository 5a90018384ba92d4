package broker

import (
	"cmp"
	"container/heap"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// item is one evaluation in the broker. The broker's lock guards it.
type item struct {
	eval     *structs.Evaluation
	priority int         // of its job
	arrival  uint64      // increases with every item that enters the queue; breaks ties of CreatedAt
	token    Token       // of the worker that holds it; zero if none does
	changed  bool        // a newer version came while a worker holds it
	nacks    int         // how often it was given back
	timer    *time.Timer // the worker's deadline or the end of its delay; nil if there is neither
}

func (it *item) stopTimer() {
	if it.timer != nil {
		it.timer.Stop()
	}
}

// before orders by priority, then by creation time, then by arrival.
func before(a, b *item) bool {
	return cmp.Or(cmp.Compare(b.priority, a.priority), cmp.Compare(a.eval.CreatedAt, b.eval.CreatedAt), cmp.Compare(a.arrival, b.arrival)) < 0
}

// queue orders evaluations, the most important first and among equals the oldest. At most one of
// each job is ready or taken. While one is taken, less important ones of its cluster are held back:
// they would take the room that it was called for.
type queue struct {
	clusters map[string]*clusterQueue // clusters that have one ready or taken
	// jobs has an entry for each job that rests or has an evaluation ready or taken: the
	// evaluations that wait behind it.
	jobs         map[string]*items
	ready, taken int
	arrivals     uint64
}

// clusterQueue holds the ready and taken evaluations of one cluster.
type clusterQueue struct {
	ready items
	taken map[int]int // how many, by priority
}

func newQueue() queue { return queue{clusters: map[string]*clusterQueue{}, jobs: map[string]*items{}} }

// add adds an item: ready, or behind another one of its job.
func (q *queue) add(it *item) {
	q.arrivals++
	it.arrival = q.arrivals
	if behind, busy := q.jobs[it.eval.Job]; busy {
		heap.Push(behind, it)
		return
	}
	q.jobs[it.eval.Job] = &items{}
	q.makeReady(it)
}

func (q *queue) makeReady(it *item) {
	c := q.clusters[it.eval.Cluster]
	if c == nil {
		c = &clusterQueue{taken: map[int]int{}}
		q.clusters[it.eval.Cluster] = c
	}
	heap.Push(&c.ready, it)
	q.ready++
}

// next returns the item to take first, or nil if there is none.
func (q *queue) next() (first *item) {
	for _, c := range q.clusters {
		if len(c.ready) > 0 && !c.yields(c.ready[0]) && (first == nil || before(c.ready[0], first)) {
			first = c.ready[0]
		}
	}
	return first
}

// yields reports whether an item must wait for a more important one that is taken.
func (c *clusterQueue) yields(it *item) bool {
	for priority := range c.taken {
		if priority > it.priority {
			return true
		}
	}
	return false
}

// take removes and returns the next item, or nil if there is none. Its job stays busy until done
// and free were called.
func (q *queue) take() *item {
	it := q.next()
	if it == nil {
		return nil
	}
	c := q.clusters[it.eval.Cluster]
	heap.Pop(&c.ready)
	c.taken[it.priority]++
	q.ready--
	q.taken++
	return it
}

// done records that a taken item is no longer taken. Its job stays busy until free.
func (q *queue) done(it *item) {
	c := q.clusters[it.eval.Cluster]
	q.taken--
	if c.taken[it.priority]--; c.taken[it.priority] == 0 {
		delete(c.taken, it.priority)
	}
	if len(c.ready)+len(c.taken) == 0 {
		delete(q.clusters, it.eval.Cluster)
	}
}

// free makes the next item of a job ready. None of the job may be ready or taken.
func (q *queue) free(job string) {
	if behind := q.jobs[job]; len(*behind) == 0 {
		delete(q.jobs, job)
	} else {
		q.makeReady(heap.Pop(behind).(*item))
	}
}

// waiting counts the items behind another of their job.
func (q *queue) waiting() (n int) {
	for _, behind := range q.jobs {
		n += len(*behind)
	}
	return n
}

// items is a heap in the order of before (container/heap).
type items []*item

func (s items) Len() int           { return len(s) }
func (s items) Less(i, j int) bool { return before(s[i], s[j]) }
func (s items) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *items) Push(x any)        { *s = append(*s, x.(*item)) }
func (s *items) Pop() any {
	last := (*s)[len(*s)-1]
	(*s)[len(*s)-1] = nil
	*s = (*s)[:len(*s)-1]
	return last
}
