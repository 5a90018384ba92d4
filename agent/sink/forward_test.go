package sink_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/sink"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/fluent"
)

const patience = 30 * time.Second

// store is a store in memory: a stream of each name, with events that are numbered.
type store struct {
	mu      sync.Mutex
	streams []structs.LogStream
	events  map[string][]structs.LogEvent
}

func newStore(streams ...structs.LogStream) *store {
	s := &store{streams: streams, events: map[string][]structs.LogEvent{}}
	for i := range s.streams {
		s.streams[i].Cluster, s.streams[i].Instance = "prod", "i1"
	}
	return s
}

// write appends events to a stream.
func (s *store) write(stream int, messages ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := &s.streams[stream]
	key := of.Task + "/" + of.Container
	for _, m := range messages {
		n := int(of.Lines)
		s.events[key] = append(s.events[key], structs.LogEvent{
			Task: of.Task, Container: of.Container, Source: "stdout", Message: m, Time: structs.Time(1_764_490_000_123 + n), Position: fmt.Sprintf("%08d", n),
		})
		of.Bytes, of.Lines = of.Bytes+int64(len(m)), of.Lines+1
	}
}

func (s *store) Streams() []structs.LogStream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.streams)
}

func (s *store) Read(task, container, after string, most, size int) (list []structs.LogEvent, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events[task+"/"+container] {
		if e.Position > after && len(list) < most && size > 0 {
			list = append(list, e)
			size -= len(e.Message)
		}
	}
	return list, nil
}

// remove removes the oldest events of a stream.
func (s *store) remove(stream, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := &s.streams[stream]
	key := of.Task + "/" + of.Container
	s.events[key] = s.events[key][n:]
	of.Removed += int64(n)
}

// ship runs a shipper until stop is called, which returns when it has ended.
func ship(t *testing.T, c sink.Config) (stop func()) {
	t.Helper()
	if c.File == "" {
		c.File = filepath.Join(t.TempDir(), "note.json")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.Interval = 5 * time.Millisecond
	s, err := sink.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		s.Run(ctx)
		close(done)
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return stop
}

// endpoint is a Fluent endpoint. It confirms messages while ok returns true.
type endpoint struct {
	address string
	mu      sync.Mutex
	got     []fluent.Record
	news    chan struct{}
}

func listen(t *testing.T, ok func(message int) bool) *endpoint {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &endpoint{address: l.Addr().String(), news: make(chan struct{}, 1)}
	messages := 0
	go fluent.Receive(l, func(records []fluent.Record) bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.got = append(e.got, records...)
		messages++
		select {
		case e.news <- struct{}{}:
		default:
		}
		return ok(messages)
	})
	t.Cleanup(func() { l.Close() })
	return e
}

// await waits until the endpoint has a record with a text, and returns all.
func (e *endpoint) await(t *testing.T, text string) []fluent.Record {
	t.Helper()
	timeout := time.After(patience)
	for {
		e.mu.Lock()
		got := slices.Clone(e.got)
		e.mu.Unlock()
		if slices.ContainsFunc(got, func(r fluent.Record) bool { return r.Fields["log"] == text }) {
			return got
		}
		select {
		case <-e.news:
		case <-timeout:
			t.Fatalf("%q did not arrive: %+v", text, got)
		}
	}
}

func lines(from, to int) (all []string) {
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprint("line ", i))
	}
	return all
}

func texts(records []fluent.Record) (all []string) {
	for _, r := range records {
		all = append(all, r.Fields["log"])
	}
	return all
}

// Everything arrives in order, once, with what is known of it, also what is written later.
func TestForward(t *testing.T) {
	s := newStore(structs.LogStream{Task: "t1", Container: "web", Group: "/ecs/web", Name: "p/web/t1", Service: "web"})
	e := listen(t, func(int) bool { return true })
	s.write(0, lines(0, 50000)...)
	ship(t, sink.Config{Store: s, Target: &sink.Forward{Address: e.address, Tag: "gantry"}})
	e.await(t, "line 49999")
	s.write(0, lines(50000, 50010)...)
	got := e.await(t, "line 50009")
	if !slices.Equal(texts(got), lines(0, 50010)) {
		t.Errorf("%d records arrived, or not in order", len(got))
	}
	last := got[len(got)-1]
	want := map[string]string{"log": "line 50009", "source": "stdout", "container": "web", "task": "t1", "service": "web", "cluster": "prod", "instance": "i1", "group": "/ecs/web", "stream": "p/web/t1"}
	if last.Tag != "gantry.prod.web" || !maps.Equal(last.Fields, want) || last.Time.UnixMilli() != 1_764_490_000_123+50009 {
		t.Errorf("the last record is %+v", last)
	}
}

// A batch that is not confirmed is sent again, and nothing is left out.
func TestForwardThatBreaks(t *testing.T) {
	s := newStore(structs.LogStream{Task: "t1", Container: "web"})
	e := listen(t, func(message int) bool { return message%2 == 0 })
	s.write(0, lines(0, 30000)...)
	ship(t, sink.Config{Store: s, Target: &sink.Forward{Address: e.address, Tag: "gantry"}})
	got := e.await(t, "line 29999")
	seen := texts(got)
	slices.Sort(seen)
	want := lines(0, 30000)
	slices.Sort(want)
	if !slices.Equal(slices.Compact(seen), want) {
		t.Errorf("of 30000 lines %d arrived", len(slices.Compact(seen)))
	}
	if len(got) == len(want) {
		t.Error("nothing was sent twice, so no message was refused")
	}
}

// A later process goes on where the last one stopped.
func TestResume(t *testing.T) {
	s := newStore(structs.LogStream{Task: "t1", Container: "web"})
	e := listen(t, func(int) bool { return true })
	file := filepath.Join(t.TempDir(), "note.json")
	config := func() sink.Config {
		return sink.Config{Store: s, File: file, Target: &sink.Forward{Address: e.address, Tag: "gantry"}}
	}
	s.write(0, lines(0, 10)...)
	stop := ship(t, config())
	e.await(t, "line 9")
	for noted := ""; !strings.Contains(noted, "00000009"); { // it was confirmed
		text, _ := os.ReadFile(file)
		noted = string(text)
	}
	stop()
	s.write(0, lines(10, 20)...)
	ship(t, config())
	if got := texts(e.await(t, "line 19")); !slices.Equal(got, lines(0, 20)) {
		t.Errorf("arrived: %q", got)
	}
}
