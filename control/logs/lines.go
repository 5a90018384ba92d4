package logs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gantry-project/gantry/structs"
)

const (
	// pageEvents and pageBytes bound how much of a request's answer is held at a time.
	pageEvents = 5000
	pageBytes  = 4 << 20
)

// lines is one LogRequest that is being answered.
type lines struct {
	reader *Reader
	in     structs.LogRequest

	mu   sync.Mutex // held while a line is sent
	send func(structs.LogLine) error
	// after has the position of the last line that was sent, of each container.
	after map[string]string
	noted map[string]bool // notes that were sent
	// known is when the task of the request was last in state. Only follow uses it.
	known structs.Time
}

// Lines answers a request: it calls send with each line, and waits for it. What is there already
// comes in the order of its times. It fails if nothing can be read at all, or if send fails.
func (r *Reader) Lines(ctx context.Context, in structs.LogRequest, send func(structs.LogLine) error) error {
	l := &lines{reader: r, in: in, send: send, after: in.After, noted: map[string]bool{}}
	if l.after == nil {
		l.after = map[string]string{}
	}
	if !in.Follow || len(in.After) == 0 {
		if err := l.present(ctx); err != nil {
			return err
		}
	}
	if !in.Follow {
		return nil
	}
	return l.follow(ctx)
}

// query returns the query for the streams of the request.
func (l *lines) query() *Query {
	return &Query{
		Cluster: l.in.Cluster, MaxEvents: pageEvents, MaxBytes: pageBytes,
		LogQuery: structs.LogQuery{
			Task: l.in.Task, Service: l.in.Service, Container: l.in.Container, Since: l.in.Since, Until: l.in.Until,
		},
	}
}

// present sends what is there already.
func (l *lines) present(ctx context.Context) error {
	q := l.query()
	found, err := l.reader.Streams(ctx, q)
	if err != nil {
		return err
	}
	if err := l.explain(ctx, found); err != nil {
		return err
	}
	if l.in.Tail != nil {
		return l.tail(ctx, q, *l.in.Tail)
	}
	for {
		page, err := l.reader.Page(ctx, q)
		if err != nil {
			return err
		}
		for i := range page.Events {
			if err := l.line(structs.LogLine{LogEvent: page.Events[i].LogEvent}); err != nil {
				return err
			}
		}
		if err := l.missing(page.Missing); err != nil || !page.More {
			return err
		}
		q.From = page.Last
	}
}

// tail sends the newest lines of each container. Of a container without any it sends a mark, from
// which a follower goes on.
func (l *lines) tail(ctx context.Context, q *Query, n int) error {
	q.Backward, q.MaxEvents = true, max(1, n)
	found, err := l.reader.Streams(ctx, q)
	if err != nil {
		return err
	}
	var newest []Event
	for _, s := range found.Streams {
		one := *q
		one.Task, one.Container = s.Task, s.Container
		page, err := l.reader.Page(ctx, &one)
		if err != nil {
			return err
		}
		if n == 0 && len(page.Events) > 0 {
			e := page.Events[0]
			mark := structs.LogEvent{Task: e.Task, Container: e.Container, Position: e.Position}
			if err := l.line(structs.LogLine{LogEvent: mark, Mark: true}); err != nil {
				return err
			}
			continue
		}
		newest = append(newest, page.Events...)
	}
	slices.SortFunc(newest, func(a, b Event) int { return a.Cursor().compare(b.Cursor()) })
	for i := range newest {
		if err := l.line(structs.LogLine{LogEvent: newest[i].LogEvent}); err != nil {
			return err
		}
	}
	return nil
}

// line sends a line.
func (l *lines) line(line structs.LogLine) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.send(line); err != nil {
		return err
	}
	if line.Position != "" {
		l.after[key(line.Task, line.Container)] = line.Position
	}
	return nil
}

// note sends a note, once.
func (l *lines) note(text string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.noted[text] {
		return nil
	}
	l.noted[text] = true
	return l.send(structs.LogLine{Note: text})
}

func (l *lines) missing(list []Missing) error {
	for _, m := range list {
		if len(m.Tasks) == 0 {
			continue // it is not known to have anything of this
		}
		if err := l.note(m.String()); err != nil {
			return err
		}
	}
	return nil
}

// explain says what of the request cannot be read, and fails if that is all of it.
func (l *lines) explain(ctx context.Context, found Found) error {
	for _, s := range found.Streams {
		if s.Unreadable == "" {
			continue
		}
		if err := l.note(fmt.Sprintf("container %s of task %s: %s", s.Container, s.Task, s.Unreadable)); err != nil {
			return err
		}
	}
	why, _ := found.Unread()
	if len(found.Streams) == 0 && why != "" && !l.in.Follow {
		return structs.Errorf(structs.KindUnavailable, "nothing can be read: %s", why)
	}
	if err := l.missing(found.Missing); err != nil || len(found.Streams) > 0 || why != "" {
		return err
	}
	return l.nothing(ctx, found)
}

// nothing explains why there is no stream at all. A follower waits for one, if there can be one.
func (l *lines) nothing(ctx context.Context, found Found) error {
	snap, err := l.reader.Control.Read(ctx)
	if err != nil {
		return err
	}
	away := ""
	if len(found.Missing) > 0 {
		var list []string
		for _, m := range found.Missing {
			list = append(list, m.String())
		}
		away = "; " + strings.Join(list, "; ")
	}
	if l.in.Service != "" {
		if snap.Service(l.in.Cluster, l.in.Service) == nil {
			return structs.Errorf(structs.KindResourceNotFound, "there is no service %s in cluster %s, and no instance has output of one%s", l.in.Service, l.in.Cluster, away)
		}
		return l.note("the tasks of service " + l.in.Service + " have written nothing yet" + away)
	}
	t := snap.Task(l.in.Task)
	switch {
	case t == nil || t.Cluster != l.in.Cluster:
		return structs.Errorf(structs.KindResourceNotFound, "there is no task %s in cluster %s, and no instance has its output%s", l.in.Task, l.in.Cluster, away)
	case l.in.Container != "" && !hasContainer(snap.TaskDefinition(t.TaskDefinition), l.in.Container):
		return structs.Errorf(structs.KindInvalidParameter, "task %s has no container %s", t.ID, l.in.Container)
	case t.LastStatus == structs.TaskStopped:
		return l.note("task " + t.ID + " has written nothing; it is STOPPED: " + t.StoppedReason + away)
	}
	return l.note("task " + t.ID + " is " + t.LastStatus.String() + " and has written nothing yet" + away)
}

func hasContainer(d *structs.TaskDefinition, name string) bool {
	return d == nil || slices.ContainsFunc(d.ContainerDefinitions, func(c structs.ContainerDefinition) bool { return c.Name == name })
}
