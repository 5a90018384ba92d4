package httpapi

import (
	"cmp"
	"iter"
	"net/http"
	"slices"
	"strconv"

	"github.com/gantry-project/gantry/structs"
)

// How many evaluations a list has by default, and at most.
const (
	defaultEvaluations = 20
	maxEvaluations     = 1000
)

func (a *api) evaluation(w http.ResponseWriter, r *http.Request) {
	snap, err := a.Control.Read(r.Context())
	if err != nil {
		a.fail(w, err)
		return
	}
	id := r.PathValue("id")
	e := snap.Evaluation(id)
	if e == nil {
		a.fail(w, structs.Errorf(structs.KindResourceNotFound, "there is no evaluation %s", id))
		return
	}
	a.answer(w, http.StatusOK, e)
}

func (a *api) evaluations(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	limit := defaultEvaluations
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxEvaluations {
			a.fail(w, structs.Errorf(structs.KindInvalidParameter, "limit: %q is not a number from 1 to %d", text, maxEvaluations))
			return
		}
		limit = n
	}
	snap, err := a.Control.Read(r.Context())
	if err != nil {
		a.fail(w, err)
		return
	}
	cluster, job := query.Get("cluster"), query.Get("job")
	all := snap.Evaluations()
	switch {
	case job != "" && snap.Job(job) == nil:
		a.fail(w, structs.Errorf(structs.KindResourceNotFound, "there is no job %s", job))
		return
	case cluster != "" && snap.Cluster(cluster) == nil:
		a.fail(w, structs.ErrClusterNotFound())
		return
	case job != "":
		all = snap.JobEvaluations(job)
	}
	a.answer(w, http.StatusOK, structs.EvaluationList{Index: snap.Index(), Evaluations: newestEvaluations(all, cluster, limit)})
}

// newestEvaluations returns the evaluations of a cluster (empty: of all), newest first.
func newestEvaluations(all iter.Seq[*structs.Evaluation], cluster string, limit int) []*structs.Evaluation {
	found := []*structs.Evaluation{}
	for e := range all {
		if cluster == "" || e.Cluster == cluster {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(x, y *structs.Evaluation) int {
		return cmp.Or(cmp.Compare(y.CreatedAt, x.CreatedAt), cmp.Compare(y.ModifyIndex, x.ModifyIndex), cmp.Compare(x.ID, y.ID))
	})
	return found[:min(len(found), limit)]
}
