package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/logs"
	"github.com/gantry-project/gantry/structs"
)

// logsAlive is how often an answer without lines shows that it goes on.
const logsAlive = 5 * time.Second

// logsGather is how long a line may wait for others to be sent with.
const logsGather = 5 * time.Millisecond

// logsText is how many bytes of lines are sent without waiting for more.
const logsText = 32 << 10

// logs streams what the containers of a task or a service wrote. Every server does, from its own
// state.
func (a *api) logs(w http.ResponseWriter, r *http.Request) {
	var in structs.LogRequest
	if !a.decodeStrict(w, r, &in) {
		return
	}
	ctx, cancel := context.WithCancel(control.AllowStale(r.Context()))
	defer cancel()
	go func() {
		select {
		case <-a.Closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := a.mayReadLogs(r.WithContext(ctx), &in); err != nil {
		a.fail(w, err)
		return
	}
	out := newLineWriter(w)
	defer out.end()
	go out.keepAlive(ctx)
	reader := logs.Reader{Control: a.Control}
	err := reader.Lines(ctx, in, func(l structs.LogLine) error { return out.write(&l) })
	switch {
	case err == nil:
		_ = out.write(nil) // even an answer without lines is one
	case ctx.Err() != nil && out.end():
		panic(http.ErrAbortHandler) // this shows the caller that the answer is not complete
	case !out.end():
		a.fail(w, err)
	default:
		if structs.KindOf(err) == structs.KindInternal {
			a.Logger.Warn("an answer with logs was cut off", "error", err)
			err = errors.New("internal error")
		}
		_ = json.NewEncoder(w).Encode(structs.LogLine{Failure: &structs.LogFailure{Code: structs.KindOf(err), Message: err.Error()}})
	}
}

// mayReadLogs checks a request, and that its caller may see the output of the job.
func (a *api) mayReadLogs(r *http.Request, in *structs.LogRequest) error {
	if err := in.Check(); err != nil {
		return err
	}
	job := in.Service
	if in.Task != "" {
		var err error
		if job, err = a.Control.TaskJob(r.Context(), in.Cluster, in.Task); err != nil {
			return err
		}
	}
	cluster, name, err := a.Control.JobName(r.Context(), in.Cluster, job)
	if err != nil {
		return err
	}
	return authorize(r, "gantry:ReadLogs", jobResource(cluster, name))
}

// lineWriter writes values, one JSON value a line. Safe for concurrent use.
type lineWriter struct {
	mu    sync.Mutex
	w     http.ResponseWriter
	to    *http.ResponseController
	text  []byte // to be written
	begun bool
	ended bool
	armed bool // a flush will come
}

func newLineWriter(w http.ResponseWriter) *lineWriter {
	return &lineWriter{w: w, to: http.NewResponseController(w)}
}

// write writes a line; nil: an empty one.
func (l *lineWriter) write(line *structs.LogLine) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return errStreamEnded
	}
	if !l.begun {
		l.begun = true
		l.w.Header().Set("Content-Type", "application/x-ndjson")
	}
	if !l.armed {
		l.armed = true
		time.AfterFunc(logsGather, l.flush)
	}
	switch {
	case line == nil:
	case line.Note == "" && line.Failure == nil && !line.Mark:
		l.text = line.AppendJSON(l.text)
	default:
		raw, err := json.Marshal(line)
		if err != nil {
			return err
		}
		l.text = append(l.text, raw...)
	}
	if l.text = append(l.text, '\n'); len(l.text) < logsText {
		return nil
	}
	return l.send()
}

// send writes what is left to write.
func (l *lineWriter) send() error {
	_, err := l.w.Write(l.text)
	l.text = l.text[:0]
	return err
}

func (l *lineWriter) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = false
	if !l.ended && l.send() == nil {
		_ = l.to.Flush() // the next write fails
	}
}

// end ends the writing, and reports whether it had begun.
func (l *lineWriter) end() (begun bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.begun && !l.ended {
		_ = l.send() // the caller is gone
	}
	l.ended = true
	return l.begun
}

func (l *lineWriter) keepAlive(ctx context.Context) {
	tick := time.NewTicker(logsAlive)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if l.write(nil) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}
