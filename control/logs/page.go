package logs

import (
	"container/heap"
	"context"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// Page is one page of the events that a query selects, in the order of their times (Backward: the
// newest first).
type Page struct {
	Events []Event
	// Last is the place of the last event that was read, whether it is among Events or not. It is
	// the query's From if none was.
	Last Cursor
	// More means that there may be more events after Last.
	More bool
	Found
}

const (
	// eventBytes is what an event counts beside its message (CloudWatch Logs).
	eventBytes = 26
	// maxScan bounds how many bytes of messages are read for one page, and scanTime for how long,
	// if few match.
	maxScan  = 64 << 20
	scanTime = 10 * time.Second
)

// Page returns the events from q.From on.
func (r *Reader) Page(ctx context.Context, q *Query) (Page, error) {
	snap, err := r.Control.Read(ctx)
	if err != nil {
		return Page{}, err
	}
	if g := snap.LogGroup(q.Group); q.Group != "" && g != nil {
		bounded := *q
		bounded.Since = max(q.Since, g.Begin(r.Control.Now()))
		q = &bounded
	}
	page := Page{Last: q.From, Found: r.find(ctx, q, q.holders(snap, r.Control.Now()), snap)}
	sources := r.openAll(ctx, q, &page.Found)
	defer func() {
		for _, s := range sources {
			s.close()
		}
	}()
	page.read(q, sources, time.Now().Add(scanTime))
	return page, ctx.Err()
}

// openAll opens the sources of the streams that were found and may have events. Instances that do
// not answer become missing.
func (r *Reader) openAll(ctx context.Context, q *Query, found *Found) (all []*source) {
	tasks := map[string][]string{} // by instance
	for _, s := range found.Streams {
		if s.LastEvent == 0 || s.LastEvent >= q.Since {
			tasks[s.Instance] = append(tasks[s.Instance], s.Task)
		}
	}
	instances := slices.Sorted(maps.Keys(tasks))
	toAgents := q.toAgents(found.Streams)
	var mu sync.Mutex
	inParallel(len(instances), func(n int) {
		s, err := r.open(ctx, instances[n], toAgents)
		if err == nil {
			s.peek()
			err = s.err
		}
		mu.Lock()
		defer mu.Unlock()
		switch {
		case s != nil && (err == nil || err == io.EOF || len(s.run) > 0):
			all = append(all, s)
			return
		case s != nil:
			s.close()
		}
		found.Missing = append(found.Missing, Missing{instances[n], tasks[instances[n]], unreadable(err), false})
	})
	return all
}

// read fills the page from the sources.
func (p *Page) read(q *Query, list []*source, until time.Time) {
	bytes, scanned := 0, 0
	streams := map[string]*structs.LogStream{}
	for i := range p.Streams {
		streams[key(p.Streams[i].Task, p.Streams[i].Container)] = &p.Streams[i]
	}
	sources := merge{backward: q.Backward}
	for _, s := range list {
		if s.peek() != nil {
			sources.heap = append(sources.heap, s)
		}
	}
	heap.Init(&sources)
	for sources.Len() > 0 {
		s := sources.heap[0]
		e := Event{LogEvent: *s.peek()}
		e.Stream = streams[key(e.Task, e.Container)]
		at := e.Cursor()
		size := len(e.Message) + eventBytes
		wanted := e.Stream != nil && !at.passed(q.From, q.Backward)
		matches := wanted && (q.Matches == nil || q.Matches(e.Message))
		full := matches && (len(p.Events) == q.MaxEvents || len(p.Events) > 0 && bytes+size > q.MaxBytes)
		if full || scanned > maxScan || scanned > 0 && time.Now().After(until) {
			p.More = true
			return
		}
		scanned += size
		if matches {
			p.Events = append(p.Events, e)
			bytes += size
		}
		if wanted {
			p.Last = at
		}
		s.take()
		if s.peek() == nil && s.err != io.EOF {
			// Its later events would be left out by the next page if others went on without it.
			p.More = true
			return
		}
		sources.fix()
	}
}

// merge is a heap of sources that have events: the one whose event comes next is first.
type merge struct {
	heap     []*source
	backward bool
}

func (m *merge) Len() int { return len(m.heap) }

func (m *merge) Less(i, j int) bool {
	order := cursorOf(m.heap[i].peek()).compare(cursorOf(m.heap[j].peek()))
	if m.backward {
		return order > 0
	}
	return order < 0
}

func (m *merge) Swap(i, j int) { m.heap[i], m.heap[j] = m.heap[j], m.heap[i] }
func (m *merge) Push(x any)    { m.heap = append(m.heap, x.(*source)) }
func (m *merge) Pop() any {
	last := m.heap[len(m.heap)-1]
	m.heap = m.heap[:len(m.heap)-1]
	return last
}

// fix puts the first source to its new place, or removes it if it has no more events.
func (m *merge) fix() {
	if m.heap[0].peek() == nil {
		heap.Pop(m)
		return
	}
	heap.Fix(m, 0)
}
