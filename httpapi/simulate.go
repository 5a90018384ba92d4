package httpapi

import (
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

func (a *api) simulate(w http.ResponseWriter, r *http.Request) {
	var in structs.Scenario
	if !a.decodeStrict(w, r, &in) {
		return
	}
	out, err := a.Control.Simulate(r.Context(), in)
	if err != nil {
		a.fail(w, err)
		return
	}
	a.answer(w, http.StatusOK, out)
}
