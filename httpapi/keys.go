package httpapi

import (
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

func (a *api) bootstrap(w http.ResponseWriter, r *http.Request) {
	out, err := a.Control.Bootstrap(r.Context())
	a.answerOr(w, out, err)
}

func (a *api) createAccessKey(w http.ResponseWriter, r *http.Request) {
	var in structs.AccessKeyRequest
	if !a.decodeStrict(w, r, &in) {
		return
	}
	out, err := a.Control.CreateAccessKey(r.Context(), in)
	a.answerOr(w, out, err)
}

func (a *api) listAccessKeys(w http.ResponseWriter, r *http.Request) {
	out, err := a.Control.ListAccessKeys(r.Context())
	a.answerOr(w, out, err)
}

func (a *api) revokeAccessKey(w http.ResponseWriter, r *http.Request) {
	if err := a.Control.RevokeAccessKey(r.Context(), r.PathValue("id")); err != nil {
		a.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
