package httpapi

import (
	"cmp"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

func (a *api) deploy(w http.ResponseWriter, r *http.Request) {
	var in structs.Deploy
	if !a.decode(w, r, &in) {
		return
	}
	in.Cluster = cmp.Or(in.Cluster, structs.DefaultCluster)
	if err := authorize(r, "gantry:PutJob", jobResource(in.Cluster, in.Name)); err != nil {
		a.fail(w, err)
		return
	}
	out, err := a.Control.Deploy(r.Context(), in)
	a.answerOr(w, out, err)
}

func (a *api) undo(w http.ResponseWriter, r *http.Request) {
	out, err := a.Control.Undo(r.Context(), clusterOf(r), r.PathValue("name"))
	a.answerOr(w, out, err)
}
