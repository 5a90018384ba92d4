package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/gantry-project/gantry/structs"
)

func (a *api) nextLease(w http.ResponseWriter, r *http.Request) {
	text := cmp.Or(r.URL.Query().Get("wait"), "0s")
	wait, err := time.ParseDuration(text)
	if err != nil {
		a.fail(w, structs.Errorf(structs.KindInvalidParameter, "wait: %q is not a time such as 30s", text))
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() {
		select {
		case <-a.Closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	lease, err := a.Control.NextLease(ctx, r.PathValue("name"), wait)
	switch {
	case err != nil:
		a.fail(w, err)
	case lease == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		a.answer(w, http.StatusOK, lease)
	}
}

func (a *api) planLease(w http.ResponseWriter, r *http.Request) {
	var in structs.LeasePlan
	if !a.decodeStrict(w, r, &in) {
		return
	}
	planned, err := a.Control.PlanLease(r.Context(), r.PathValue("name"), in)
	if err != nil {
		a.fail(w, err)
		return
	}
	a.answer(w, http.StatusOK, planned)
}

func (a *api) ackLease(w http.ResponseWriter, r *http.Request) {
	a.endLease(w, r, a.Control.AckLease)
}

func (a *api) nackLease(w http.ResponseWriter, r *http.Request) {
	a.endLease(w, r, a.Control.NackLease)
}

func (a *api) endLease(w http.ResponseWriter, r *http.Request, end func(ctx context.Context, scheduler, token string) error) {
	var in struct {
		Token string `json:"token"`
	}
	if !a.decodeStrict(w, r, &in) {
		return
	}
	if err := end(r.Context(), r.PathValue("name"), in.Token); err != nil {
		a.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
