package httpapi

import (
	"net/http"
)

// begun records whether the answer has begun. An error after that can only cut it off.
type begun struct {
	http.ResponseWriter
	yes bool
}

func (b *begun) Write(p []byte) (int, error) {
	if !b.yes {
		b.yes = true
		b.Header().Set("Content-Type", "application/octet-stream")
	}
	return b.ResponseWriter.Write(p)
}

func (a *api) saveSnapshot(w http.ResponseWriter, r *http.Request) {
	out := &begun{ResponseWriter: w}
	err := a.Server.SaveSnapshot(r.Context(), out)
	switch {
	case err != nil && out.yes:
		a.Logger.Warn("a snapshot was cut off while it was sent", "error", err)
		panic(http.ErrAbortHandler) // this shows the caller that the answer is not complete
	case err != nil:
		a.fail(w, err)
	}
}

func (a *api) restoreSnapshot(w http.ResponseWriter, r *http.Request) {
	info, err := a.Server.RestoreSnapshot(r.Context(), r.Body, r.URL.Query().Get("replace") == "true")
	if err != nil {
		a.fail(w, err)
		return
	}
	a.answer(w, http.StatusOK, info)
}
