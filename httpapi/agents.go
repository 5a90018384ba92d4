package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

func (a *api) registerAgent(w http.ResponseWriter, r *http.Request) {
	var in structs.ContainerInstance
	if !a.decode(w, r, &in) {
		return
	}
	if c := control.CallerOf(r.Context()); c != nil && c.Instance != "" && c.Instance != in.ID {
		a.fail(w, structs.Errorf(structs.KindAccessDenied, "the agent of container instance %s cannot register another, %s", c.Instance, in.ID))
		return
	}
	out, err := a.Control.RegisterInstance(r.Context(), in)
	if err != nil {
		a.fail(w, err)
		return
	}
	a.showItself(out.ID)
	a.answer(w, http.StatusOK, out)
}

// showItself counts a call of an agent that is starting as a beat: its stream opens only later, and
// its lease is running. If this server cannot take beats, the stream will say so.
func (a *api) showItself(instance string) { _, _ = a.Control.Beat(instance) }

func (a *api) reportTasks(w http.ResponseWriter, r *http.Request) {
	var updates []structs.TaskUpdate
	if !a.decode(w, r, &updates) {
		return
	}
	// missing: the agent's clock is ours
	sent, _ := strconv.ParseInt(r.URL.Query().Get("sent"), 10, 64)
	if err := a.Control.ReportTasks(r.Context(), r.URL.Query().Get("instance"), structs.Time(sent), updates); err != nil {
		a.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *api) reportRuntime(w http.ResponseWriter, r *http.Request) {
	var health structs.RuntimeHealth
	if !a.decode(w, r, &health) {
		return
	}
	if err := a.Control.ReportRuntime(r.Context(), r.URL.Query().Get("instance"), health); err != nil {
		a.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *api) pinImages(w http.ResponseWriter, r *http.Request) {
	var images []structs.PinnedImage
	if !a.decode(w, r, &images) {
		return
	}
	query := r.URL.Query()
	out, err := a.Control.PinImages(r.Context(), query.Get("instance"), query.Get("deployment"), images)
	if err != nil {
		a.fail(w, err)
		return
	}
	a.answer(w, http.StatusOK, out)
}

func (a *api) ensureLogGroups(w http.ResponseWriter, r *http.Request) {
	var in structs.EnsureLogGroups
	if !a.decode(w, r, &in) {
		return
	}
	if err := a.Control.EnsureLogGroups(r.Context(), r.URL.Query().Get("instance"), in.Task); err != nil {
		a.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *api) logGroupBegins(w http.ResponseWriter, r *http.Request) {
	var names []string
	if !a.decode(w, r, &names) {
		return
	}
	out, err := a.Control.LogGroupBegins(r.Context(), names)
	a.answerOr(w, out, err)
}

func (a *api) taskFiles(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	out, err := a.Control.TaskFiles(r.Context(), a.Vault, query.Get("instance"), query.Get("task"))
	a.answerOr(w, out, err)
}

func (a *api) enrolAgent(w http.ResponseWriter, r *http.Request) {
	var in security.Enrolment
	if a.Enrol == nil {
		a.fail(w, structs.Errorf(structs.KindUnsupportedFeature, "this server runs without TLS; start the agent with --insecure too"))
		return
	}
	if !a.decode(w, r, &in) {
		return
	}
	out, err := a.Enrol(r.URL.Query().Get("instance"), in)
	if err != nil {
		a.Logger.Warn("refused to certify an agent", "instance", r.URL.Query().Get("instance"), "from", r.RemoteAddr, "error", err)
		a.fail(w, structs.Errorf(structs.KindAccessDenied, "no certificate: %v", err))
		return
	}
	a.showItself(r.URL.Query().Get("instance"))
	a.answer(w, http.StatusOK, out)
}

// streamAssignments sends frames and receives beats, one byte each.
func (a *api) streamAssignments(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() {
		select {
		case <-a.Closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	if r.ProtoMajor == 1 {
		// the rest of the beats would be taken for another request
		w.Header().Set("Connection", "close")
	}
	out := newFrameWriter(w)
	defer out.end()
	instance := r.URL.Query().Get("instance")
	version, _ := strconv.ParseInt(r.URL.Query().Get("version"), 10, 64) // missing: any version
	stream, err := a.Control.Assignments(ctx, instance, version)
	if err != nil {
		a.fail(w, err)
		return
	}
	defer stream.Close()
	if out.open() != nil {
		return
	}
	go func() {
		defer cancel()
		for one := make([]byte, 1); ; {
			if _, err := io.ReadFull(r.Body, one); err != nil {
				return
			}
			age, err := a.Control.Beat(instance)
			if err != nil { // the agent tries another server
				return
			}
			if out.write(structs.AssignmentFrame{Beat: one[0], Age: age.Milliseconds() + 1}) != nil {
				return
			}
		}
	}()
	for {
		frame, err := stream.Next(ctx)
		if err != nil || out.write(frame.Shorten()) != nil {
			return
		}
	}
}

// frameWriter writes frames, one JSON value a line. Safe for concurrent use until end is called.
type frameWriter struct {
	mu    sync.Mutex
	to    *http.ResponseController
	lines *json.Encoder
	ended bool
}

// errStreamEnded: nobody reads the stream any more.
var errStreamEnded = errors.New("the stream has ended")

func newFrameWriter(w http.ResponseWriter) *frameWriter {
	w.Header().Set("Content-Type", "application/x-ndjson")
	f := &frameWriter{to: http.NewResponseController(w), lines: json.NewEncoder(w)}
	_ = f.to.EnableFullDuplex() // or HTTP/1 would read all beats before the first frame
	return f
}

// open tells the agent, before there is a frame, that it has been heard. Otherwise it would try
// another server.
func (f *frameWriter) open() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.to.Flush()
}

func (f *frameWriter) write(frame any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return errStreamEnded
	}
	return errors.Join(f.lines.Encode(frame), f.to.Flush())
}

// end also ends the read of the next beat, for which a handler that returns would wait.
func (f *frameWriter) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	// if the connection has no deadlines, nobody is waiting
	_ = f.to.SetReadDeadline(time.Unix(1, 0))
}
