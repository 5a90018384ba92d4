package httpapi

import (
	"cmp"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

// instances lists the container instances of a cluster, except those that were deregistered.
func (a *api) instances(w http.ResponseWriter, r *http.Request) {
	cluster := clusterOf(r)
	snap, err := a.Control.ReadCluster(r.Context(), cluster)
	if err != nil {
		a.fail(w, err)
		return
	}
	list := structs.InstanceList{Index: snap.Index(), Instances: []structs.InstanceUsage{}}
	for i := range snap.Instances(cluster) {
		if i.Status != structs.InstanceInactive {
			list.Instances = append(list.Instances, structs.InstanceUsage{ContainerInstance: i, Usage: snap.Usage(i.ID)})
		}
	}
	a.answer(w, http.StatusOK, list)
}

// clusterOf returns the cluster that a call is about.
func clusterOf(r *http.Request) string {
	return cmp.Or(r.URL.Query().Get("cluster"), structs.DefaultCluster)
}
