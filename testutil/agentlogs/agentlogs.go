// Package agentlogs is the agents of instances as far as they keep logs, in memory, for tests of
// what reads them.
package agentlogs

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/gantry-project/gantry/structs"
)

// Agents is the agents of all instances. Safe for concurrent use.
type Agents struct {
	mu      sync.Mutex
	more    *sync.Cond
	streams []*stream
	silent  map[string]chan struct{} // agents that do not answer, until the channel is closed
	cut     map[string]int           // how many more events an agent sends before its connection breaks
	calls   map[string]int
}

type stream struct {
	structs.LogStream
	events []structs.LogEvent
}

// New returns agents without logs.
func New() *Agents {
	a := &Agents{silent: map[string]chan struct{}{}, cut: map[string]int{}, calls: map[string]int{}}
	a.more = sync.NewCond(&a.mu)
	return a
}

// Write adds events to a stream of an instance, which is made if it is not there.
func (a *Agents) Write(of structs.LogStream, events ...structs.LogEvent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.stream(of)
	for _, e := range events {
		e.Task, e.Container, e.Position = s.Task, s.Container, fmt.Sprintf("%08x", len(s.events)+1)
		s.events = append(s.events, e)
		s.LastEvent = max(s.LastEvent, e.Time)
		if s.FirstEvent == 0 {
			s.FirstEvent = e.Time
		}
	}
	a.more.Broadcast()
}

func (a *Agents) stream(of structs.LogStream) *stream {
	for _, s := range a.streams {
		if s.Instance == of.Instance && s.Task == of.Task && s.Container == of.Container {
			return s
		}
	}
	s := &stream{LogStream: of}
	a.streams = append(a.streams, s)
	return s
}

// Silence makes the agent of an instance not answer any more, until the returned func is called.
func (a *Agents) Silence(instance string) (speak func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	until := make(chan struct{})
	a.silent[instance] = until
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.silent, instance)
		close(until)
	}
}

// Cut makes the next answer of an agent break off after a number of events.
func (a *Agents) Cut(instance string, after int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cut[instance] = after + 1
}

// Calls returns how often the agent of an instance was called.
func (a *Agents) Calls(instance string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls[instance]
}

// Serve implements control.Agents. These agents connect to nobody.
func (a *Agents) Serve(context.Context, string, io.ReadWriteCloser) error { return io.EOF }

// Call implements control.Agents.
func (a *Agents) Call(instance string, r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	a.calls[instance]++
	silent := a.silent[instance]
	a.mu.Unlock()
	if silent != nil {
		select {
		case <-silent:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	var q structs.LogQuery
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		return nil, err
	}
	reader, writer := io.Pipe()
	stop := context.AfterFunc(r.Context(), func() {
		_ = writer.CloseWithError(r.Context().Err())
		a.more.Broadcast()
	})
	go func() {
		defer stop()
		var err error
		switch r.URL.Path {
		case "/logs/streams":
			err = json.NewEncoder(writer).Encode(a.find(instance, &q))
		case "/logs/events":
			err = a.send(r.Context(), instance, &q, writer)
		default:
			err = fmt.Errorf("no handler of %s", r.URL.Path)
		}
		_ = writer.CloseWithError(err)
	}()
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: reader, Request: r}, nil
}

func (a *Agents) find(instance string, q *structs.LogQuery) []structs.LogStream {
	a.mu.Lock()
	defer a.mu.Unlock()
	found := []structs.LogStream{}
	for _, s := range a.streams {
		if s.Instance == instance && selects(q, &s.LogStream) {
			found = append(found, s.LogStream)
		}
	}
	return found
}

func selects(q *structs.LogQuery, s *structs.LogStream) bool {
	is := func(want, have string) bool { return want == "" || want == have }
	return is(q.Group, s.Group) && is(q.Task, s.Task) && is(q.Service, s.Service) && is(q.Container, s.Container) &&
		strings.HasPrefix(s.Name, q.Prefix) && (len(q.Names) == 0 || slices.Contains(q.Names, s.Name))
}

// send writes the events that a query selects.
func (a *Agents) send(ctx context.Context, instance string, q *structs.LogQuery, to io.Writer) error {
	sent := map[string]string{}
	for key, position := range q.After {
		sent[key] = position
	}
	encoder := json.NewEncoder(to)
	for {
		a.mu.Lock()
		events := a.selected(instance, q, sent)
		for len(events) == 0 && q.Follow && ctx.Err() == nil {
			a.more.Wait()
			events = a.selected(instance, q, sent)
		}
		left, cut := a.cut[instance]
		a.mu.Unlock()
		for _, e := range events {
			if left--; cut && left == 0 {
				a.mu.Lock()
				delete(a.cut, instance)
				a.mu.Unlock()
				return io.ErrUnexpectedEOF
			}
			if err := encoder.Encode(e); err != nil {
				return err
			}
			sent[e.Task+"/"+e.Container] = e.Position
		}
		if !q.Follow || ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// selected returns the events that were not sent. The caller holds the lock.
func (a *Agents) selected(instance string, q *structs.LogQuery, sent map[string]string) (events []structs.LogEvent) {
	for _, s := range a.streams {
		if s.Instance != instance || !selects(q, &s.LogStream) {
			continue
		}
		after, begun := sent[s.Task+"/"+s.Container]
		var of []structs.LogEvent
		for _, e := range s.events {
			passed := begun && (!q.Backward && e.Position <= after || q.Backward && e.Position >= after)
			if !passed && e.Time >= q.Since && (q.Until == 0 || e.Time < q.Until) {
				of = append(of, e)
			}
		}
		if q.Limit > 0 && len(of) > q.Limit {
			of = of[len(of)-q.Limit:]
		}
		events = append(events, of...)
	}
	slices.SortStableFunc(events, func(x, y structs.LogEvent) int { return int(x.Time - y.Time) })
	if q.Backward {
		slices.Reverse(events)
	}
	return events
}
