package httpapi

import (
	"cmp"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

// instances lists the container instances of a cluster, those that were deregistered not among them.
func (a *api) instances(w http.ResponseWriter, r *http.Request) {
	snap, err := a.Control.Read(r.Context())
	if err != nil {
		a.fail(w, err)
		return
	}
	cluster := clusterOf(r)
	if snap.Cluster(cluster) == nil {
		a.fail(w, structs.ErrClusterNotFound())
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

// clusterOf is the cluster that a call is about.
func clusterOf(r *http.Request) string {
	return cmp.Or(r.URL.Query().Get("cluster"), structs.DefaultCluster)
}
