package logs

import (
	"context"
	"sort"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

// reader reads the events that a query selects. It reads what is on disk at its own pace.
type reader struct {
	logs  *Logs
	query structs.LogQuery
	out   func(e *event, s *stream) error

	mu    sync.Mutex
	dirty map[*stream]bool // that changed since they were read
	news  chan struct{}    // capacity 1
}

// source is a cursor or a backward.
type source interface {
	// peek returns the next event, or nil if there is none. It is valid until the next call.
	peek() (*event, error)
	pop()
	close()
}

// selected returns the streams that a query selects, by name.
func (l *Logs) selected(q *structs.LogQuery) (list []*stream) {
	for _, s := range l.all() {
		if q.Selects(s.info()) {
			list = append(list, s)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].key < list[j].key })
	return list
}

// run passes on all events that are there and, with Follow, new ones until ctx ends. It calls
// pause when there are none for now.
func (r *reader) run(ctx context.Context, pause func() error) error {
	if r.query.Follow {
		return r.follow(ctx, pause)
	}
	var sources []source
	for _, s := range r.logs.selected(&r.query) {
		if r.query.Backward {
			sources = append(sources, newBackward(s, &r.query))
		} else {
			sources = append(sources, newCursor(s, &r.query))
		}
	}
	return r.merge(ctx, sources)
}

// merge passes on the events of sources in the order of time.
func (r *reader) merge(ctx context.Context, sources []source) error {
	m := merging{backward: r.query.Backward}
	defer func() {
		for _, s := range sources {
			s.close()
		}
	}()
	for _, s := range sources {
		if err := m.push(s); err != nil {
			return err
		}
	}
	for ctx.Err() == nil {
		e, s := m.first()
		if e == nil {
			return nil
		}
		if err := r.out(e, s); err != nil {
			return err
		}
		if err := m.next(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// follow passes on the events that are there and new ones.
func (r *reader) follow(ctx context.Context, pause func() error) error {
	r.dirty, r.news = map[*stream]bool{}, make(chan struct{}, 1)
	r.logs.mu.Lock()
	r.logs.readers[r] = true
	for _, s := range r.logs.streams {
		r.dirty[s] = true
	}
	r.logs.mu.Unlock()
	known := map[*stream]*cursor{}
	defer func() {
		r.logs.mu.Lock()
		delete(r.logs.readers, r)
		r.logs.mu.Unlock()
		for _, c := range known {
			c.close()
		}
	}()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for first := true; ; first = false {
		m := merging{}
		for _, s := range r.take() {
			if known[s] == nil && !r.query.Selects(s.info()) {
				continue
			}
			if known[s] == nil {
				c, err := r.begin(s, first)
				if err != nil {
					return err
				}
				known[s] = c
			}
			if err := m.push(known[s]); err != nil {
				return err
			}
		}
		for e, s := m.first(); e != nil; e, s = m.first() {
			if err := r.out(e, s); err != nil {
				return err
			}
			if err := m.next(); err != nil {
				return err
			}
		}
		if err := pause(); err != nil {
			return err
		}
		select {
		case <-r.news:
		case <-ticker.C:
			r.again(known)
		case <-ctx.Done():
			return nil
		}
	}
}

// begin returns a cursor of a stream for Follow. The first time, it begins at the newest Limit
// events.
func (r *reader) begin(s *stream, first bool) (*cursor, error) {
	q := r.query
	q.Limit = 0
	c := newCursor(s, &q)
	if !first || r.query.Limit == 0 || c.after != (position{}) {
		return c, nil
	}
	q.Limit = r.query.Limit + 1
	b := newBackward(s, &q)
	for n := 0; ; n++ {
		e, err := b.peek()
		if err != nil || e == nil {
			return c, err
		}
		if n == r.query.Limit {
			c.after = e.position
			return c, nil
		}
		b.pop()
	}
}

// take returns the streams that changed.
func (r *reader) take() (list []*stream) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.dirty {
		list = append(list, s)
	}
	clear(r.dirty)
	return list
}

// again looks at the streams where an event is complete only after a time.
func (r *reader) again(known map[*stream]*cursor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s, c := range known {
		if c.d.joined != nil {
			r.dirty[s] = true
		}
	}
}

// changed tells readers that a stream changed.
func (l *Logs) changed(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for r := range l.readers {
		r.mu.Lock()
		r.dirty[s] = true
		r.mu.Unlock()
		wait.Nudge(r.news)
	}
}
