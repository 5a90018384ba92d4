package httpapi

import (
	"context"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

// streamTraffic sends frames of traffic until the agent, or this server, goes away.
func (a *api) streamTraffic(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() {
		select {
		case <-a.Closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	stream, err := a.Control.Traffic(r.URL.Query().Get("instance"))
	if err != nil {
		a.fail(w, err)
		return
	}
	defer stream.Close()
	out := newFrameWriter(w)
	for {
		frame, err := stream.Next(ctx)
		if err != nil || out.write(frame) != nil {
			return
		}
	}
}

func (a *api) reportTargets(w http.ResponseWriter, r *http.Request) {
	var reports []structs.TargetReport
	if !a.decode(w, r, &reports) {
		return
	}
	if err := a.Control.ReportTargets(r.Context(), r.URL.Query().Get("instance"), reports); err != nil {
		a.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *api) reportDrains(w http.ResponseWriter, r *http.Request) {
	var report structs.DrainReport
	if !a.decode(w, r, &report) {
		return
	}
	if err := a.Control.ReportDrains(r.URL.Query().Get("instance"), report); err != nil {
		a.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
