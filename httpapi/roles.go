package httpapi

import (
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

func (a *api) roles(w http.ResponseWriter, r *http.Request) {
	out, err := a.Control.Roles(r.Context())
	a.answerOr(w, out, err)
}

func (a *api) role(w http.ResponseWriter, r *http.Request) {
	out, err := a.Control.Role(r.Context(), r.PathValue("name"))
	a.answerOr(w, out, err)
}

func (a *api) putRole(w http.ResponseWriter, r *http.Request) {
	var in structs.RoleSpec
	if !a.decodeStrict(w, r, &in) {
		return
	}
	out, err := a.Control.PutRole(r.Context(), r.PathValue("name"), in)
	a.answerOr(w, out, err)
}

func (a *api) deleteRole(w http.ResponseWriter, r *http.Request) {
	if err := a.Control.DeleteRole(r.Context(), r.PathValue("name"), true); err != nil {
		a.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// assumeRole takes the role from the path, where the caller's permission was checked.
func (a *api) assumeRole(w http.ResponseWriter, r *http.Request) {
	var in structs.AssumeRoleRequest
	if !a.decodeStrict(w, r, &in) {
		return
	}
	in.Role = r.PathValue("name")
	out, err := a.Control.AssumeRole(r.Context(), in)
	if err != nil {
		a.fail(w, err)
		return
	}
	a.answer(w, http.StatusOK, out.RoleCredentials)
}

func (a *api) roleCredentials(w http.ResponseWriter, r *http.Request) {
	var in structs.RoleCredentialsRequest
	if !a.decode(w, r, &in) {
		return
	}
	out, err := a.Control.RoleCredentials(r.Context(), r.URL.Query().Get("instance"), in)
	a.answerOr(w, out, err)
}
