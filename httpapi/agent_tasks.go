package httpapi

import "net/http"

func (a *api) taskTags(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	out, err := a.Control.TaskTags(r.Context(), query.Get("instance"), query.Get("task"))
	if err != nil {
		a.fail(w, err)
		return
	}
	a.answer(w, http.StatusOK, out)
}
