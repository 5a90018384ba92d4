package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

// streamBeat is how often a stream with nothing to say shows that it is alive.
const streamBeat = 5 * time.Second

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
	a.answer(w, http.StatusOK, out)
}

func (a *api) reportTasks(w http.ResponseWriter, r *http.Request) {
	var updates []structs.TaskUpdate
	if !a.decode(w, r, &updates) {
		return
	}
	sent, _ := strconv.ParseInt(r.URL.Query().Get("sent"), 10, 64) // none: the agent goes by our clock
	if err := a.Control.ReportTasks(r.Context(), r.URL.Query().Get("instance"), structs.Time(sent), updates); err != nil {
		a.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
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
		a.Logger.Warn("refused an agent's certificate", "instance", r.URL.Query().Get("instance"), "from", r.RemoteAddr, "error", err)
		a.fail(w, structs.Errorf(structs.KindAccessDenied, "no certificate: %v", err))
		return
	}
	a.answer(w, http.StatusOK, out)
}

func (a *api) beatAgent(w http.ResponseWriter, r *http.Request) {
	if err := a.Control.Beat(r.URL.Query().Get("instance")); err != nil {
		a.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

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
	version, _ := strconv.ParseInt(r.URL.Query().Get("version"), 10, 64) // none: any will do
	stream, err := a.Control.Assignments(ctx, r.URL.Query().Get("instance"), version)
	if err != nil {
		a.fail(w, err)
		return
	}
	defer stream.Close()
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := http.NewResponseController(w)
	lines := json.NewEncoder(w)
	for {
		beat, stop := context.WithTimeout(ctx, streamBeat)
		frame, err := stream.Next(beat)
		stop()
		if ctx.Err() != nil || (err != nil && !errors.Is(err, context.DeadlineExceeded)) {
			return
		}
		if lines.Encode(frame) != nil || out.Flush() != nil {
			return
		}
	}
}
