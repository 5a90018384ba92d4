package logs

import (
	"context"
	"errors"
	"io"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

const (
	// lookAgain is how often a follower looks for instances that got tasks of its request, and how
	// long it waits before it asks an agent again that did not answer.
	lookAgain = time.Second
	// aliveEvery is how often an agent shows that it is alive while it has no lines.
	aliveEvery = 5 * time.Second
	// unknownFor is how long a task must be unknown to count as one that stopped long ago.
	unknownFor = 10 * time.Second
)

// follow sends new lines of all instances as they come, until ctx ends, a send fails, or the task
// has stopped and has no more lines.
func (l *lines) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel(nil) // before the wait
	followed := map[string]bool{}
	l.known = l.reader.Control.Now()
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		instances, ended, err := l.holders(ctx)
		if err != nil {
			return cause(ctx, err)
		}
		if ended {
			cancel(errEnded)
			wait.Wait()
			return l.rest(context.WithoutCancel(ctx))
		}
		for _, instance := range instances {
			if !followed[instance] {
				followed[instance] = true
				wait.Go(func() { l.followInstance(ctx, cancel, instance) })
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// errEnded means that the task has stopped.
var errEnded = errors.New("the task has stopped")

// holders returns the connected instances that have tasks of the request, and whether the request
// is for a task that has stopped.
func (l *lines) holders(ctx context.Context) (instances []string, ended bool, err error) {
	snap, err := l.reader.Control.Read(ctx)
	if err != nil {
		return nil, false, err
	}
	q := l.query()
	now := l.reader.Control.Now()
	q.present = q.Service != ""
	q.Since = max(q.Since, now) // what is older was in the first answer
	for _, h := range q.holders(snap, now) {
		if h.away == "" {
			instances = append(instances, h.instance)
			continue
		}
		if t := snap.Task(h.tasks[0]); t != nil && t.Holds() {
			if err := l.note("container instance " + h.instance + " " + h.away); err != nil {
				return nil, false, err
			}
		}
	}
	if l.in.Task == "" {
		return instances, false, nil
	}
	t := snap.Task(l.in.Task)
	if t != nil {
		l.known = now
		return instances, t.LastStatus == structs.TaskStopped, nil
	}
	// A server that has just started may not know the task yet.
	return instances, now-l.known > structs.Time(unknownFor.Milliseconds()), nil
}

// rest sends what a stopped task wrote last.
func (l *lines) rest(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, scanTime)
	defer cancel()
	snap, err := l.reader.Control.Read(ctx)
	if err != nil {
		return err
	}
	q := l.query()
	for _, h := range q.holders(snap, l.reader.Control.Now()) {
		if h.away != "" {
			if err := l.note("container instance " + h.instance + " " + h.away); err != nil {
				return err
			}
			continue
		}
		switch err := l.read(ctx, h.instance, false); {
		case err == io.EOF:
		case errors.As(err, new(sendError)):
			return err
		default:
			if err := l.note("container instance " + h.instance + " " + unreadable(err)); err != nil {
				return err
			}
		}
	}
	return nil
}

// followInstance sends the new lines of one instance. While its agent does not answer, it asks
// again.
func (l *lines) followInstance(ctx context.Context, cancel context.CancelCauseFunc, instance string) {
	for ctx.Err() == nil {
		err := l.read(ctx, instance, true)
		if sent, failed := errors.AsType[sendError](err); failed {
			cancel(sent.error)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(lookAgain):
		}
	}
}

// sendError is the failure of a line's send, in contrast to that of its read.
type sendError struct{ error }

// read sends the lines of one instance after those that were sent.
func (l *lines) read(ctx context.Context, instance string, follow bool) error {
	q := l.query().LogQuery
	q.Follow = follow
	l.mu.Lock()
	q.After = maps.Clone(l.after)
	l.mu.Unlock()
	reader := *l.reader
	if follow {
		reader.Patience = aliveEvery + reader.patience()
	}
	s, err := reader.open(ctx, instance, q)
	if err != nil {
		return err
	}
	defer s.close()
	for {
		line, err := s.line()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			continue
		}
		e, err := parseEvent(line)
		if err != nil {
			return err
		}
		if l.had(e) {
			continue
		}
		if err := l.line(structs.LogLine{LogEvent: *e}); err != nil {
			return sendError{err}
		}
	}
}

// had reports whether an event was sent already: the agent had forgotten where to go on.
func (l *lines) had(e *structs.LogEvent) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, ok := l.after[key(e.Task, e.Container)]
	return ok && strings.Compare(e.Position, last) <= 0
}
