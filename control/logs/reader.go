package logs

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Reader reads streams. The zero value with a Control is ready. Safe for concurrent use.
type Reader struct {
	Control *control.Control
	// Patience is how long an agent may take for the next part of an answer. Zero: 5 s.
	Patience time.Duration
}

const (
	defaultPatience = 5 * time.Second
	// parallel bounds how many agents a query asks at a time.
	parallel = 64
)

// errSilent means that an agent did not answer in time.
var errSilent = errors.New("its agent does not answer")

func (r *Reader) patience() time.Duration { return cmp.Or(r.Patience, defaultPatience) }

// Found is the streams that a query selects.
type Found struct {
	Streams []structs.LogStream // by instance, task and container
	Missing []Missing
}

// Unread returns, for people, why streams that are known to exist cannot be read, and whether they
// are gone for good; empty if there are none. It is the answer if nothing was found.
func (f *Found) Unread() (why string, gone bool) {
	for _, m := range f.Missing {
		if len(m.Tasks) > 0 {
			return m.String(), m.Gone
		}
	}
	return "", false
}

// Streams returns the streams that a query selects, as far as they can be found in time.
func (r *Reader) Streams(ctx context.Context, q *Query) (Found, error) {
	snap, err := r.Control.Read(ctx)
	if err != nil {
		return Found{}, err
	}
	return r.find(ctx, q, q.holders(snap, r.Control.Now()), snap), ctx.Err()
}

// find asks holders for their streams.
func (r *Reader) find(ctx context.Context, q *Query, holders []holder, snap *state.Snapshot) Found {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*r.patience(), errSilent) // whatever their number
	defer cancel()
	selecting := structs.LogQuery{
		Group: q.Group, Names: q.Names, Prefix: q.Prefix, Task: q.Task, Service: q.Service, Container: q.Container,
	}
	answers := make([][]structs.LogStream, len(holders))
	problems := make([]string, len(holders))
	inParallel(len(holders), func(n int) {
		if problems[n] = holders[n].away; problems[n] != "" {
			return
		}
		if err := r.ask(ctx, holders[n].instance, "/logs/streams", selecting, &answers[n]); err != nil {
			problems[n] = unreadable(err)
		}
	})
	var found Found
	for n, h := range holders {
		for _, s := range answers[n] {
			if g := snap.LogGroup(q.Group); q.Group != "" && g != nil && s.LastEvent != 0 && s.LastEvent < g.Begin(r.Control.Now()) {
				continue // it has expired, or is of an earlier group of the same name
			}
			s.Instance = h.instance
			found.Streams = append(found.Streams, s)
		}
		if problems[n] != "" {
			found.Missing = append(found.Missing, Missing{h.instance, h.tasks, problems[n], h.gone})
		}
	}
	slices.SortFunc(found.Streams, func(a, b structs.LogStream) int {
		return cmp.Or(cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.Task, b.Task), cmp.Compare(a.Container, b.Container))
	})
	return found
}

// ask sends a query to an agent and decodes its answer.
func (r *Reader) ask(ctx context.Context, instance, path string, q structs.LogQuery, out any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, r.patience(), errSilent)
	defer cancel()
	resp, err := r.call(ctx, instance, path, q)
	if err != nil {
		return cause(ctx, err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return cause(ctx, fmt.Errorf("read the answer of %s: %w", path, err))
	}
	return nil
}

// call sends a query to an agent. It returns when ctx ends, even if the connection does not answer.
func (r *Reader) call(ctx context.Context, instance, path string, q structs.LogQuery) (*http.Response, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return nil, fmt.Errorf("encode a query: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://agent"+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.Control.CallAgent(instance, req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		var text bytes.Buffer
		_, _ = text.ReadFrom(http.MaxBytesReader(nil, resp.Body, 1<<10)) // as much of it as there is
		return nil, fmt.Errorf("its agent answers %s: %s", resp.Status, bytes.TrimSpace(text.Bytes()))
	}
	return resp, nil
}

// unreadable says what a failed call means for people.
func unreadable(err error) string { return "cannot be read at the moment: " + err.Error() }

// cause returns why a context ended, in place of an error that only says that it did.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil && context.Cause(ctx) != nil {
		return context.Cause(ctx)
	}
	return err
}

// inParallel calls do with 0 to n-1, a bounded number at a time.
func inParallel(n int, do func(int)) {
	var wait sync.WaitGroup
	slots := make(chan struct{}, parallel)
	for i := range n {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	wait.Wait()
}
