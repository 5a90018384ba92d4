package httpapi

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// tasks lists the tasks of a cluster, newest first; with all=true also those that have stopped.
func (a *api) tasks(w http.ResponseWriter, r *http.Request) {
	cluster := clusterOf(r)
	snap, err := a.Control.ReadCluster(r.Context(), cluster)
	if err != nil {
		a.fail(w, err)
		return
	}
	list := structs.TaskList{Index: snap.Index(), Tasks: []*structs.Task{}}
	stopped := r.URL.Query().Get("all") == "true"
	for t := range snap.Tasks(cluster) {
		if stopped || t.LastStatus != structs.TaskStopped {
			list.Tasks = append(list.Tasks, t)
		}
	}
	slices.SortFunc(list.Tasks, func(x, y *structs.Task) int {
		return cmp.Or(cmp.Compare(y.CreatedAt, x.CreatedAt), cmp.Compare(x.ID, y.ID))
	})
	a.answer(w, http.StatusOK, list)
}
