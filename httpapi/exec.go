package httpapi

import (
	"net/http"
	"net/url"

	"github.com/gantry-project/gantry/structs"
)

// execTask begins a session that runs a command in a container of a task.
func (a *api) execTask(w http.ResponseWriter, r *http.Request) {
	var in structs.ExecRequest
	if !a.decode(w, r, &in) {
		return
	}
	in.Cluster = clusterOf(r)
	session, err := a.Control.StartExec(r.Context(), r.PathValue("id"), in, true)
	a.answerSession(w, r, session, err)
}

// resumeSession returns a new token for a session; none if it has ended. It needs the permission
// that began the session.
func (a *api) resumeSession(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if err := authorize(r, "gantry:ExecTask", structs.TaskKey(clusterOf(r), structs.TaskOfExecSession(id))); err != nil {
		a.fail(w, err)
		return
	}
	token, err := a.Control.ResumeExec(r.Context(), id)
	a.answerSession(w, r, structs.ExecSession{SessionID: id, Token: token, Task: structs.TaskOfExecSession(id)}, err)
}

// answerSession answers with a session and its URL on the server that the caller reached.
func (a *api) answerSession(w http.ResponseWriter, r *http.Request, s structs.ExecSession, err error) {
	if err != nil {
		a.fail(w, err)
		return
	}
	scheme := "ws://"
	if r.TLS != nil {
		scheme = "wss://"
	}
	s.StreamURL = scheme + r.Host + "/v1/data-channel/" + url.PathEscape(s.SessionID)
	a.answer(w, http.StatusOK, s)
}

// taskInPath names a task in policies.
func taskInPath(r *http.Request) (string, error) {
	return structs.TaskKey(clusterOf(r), r.PathValue("id")), nil
}
