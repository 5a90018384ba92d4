package httpapi

import (
	"net/http"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// actionPrefix begins the actions of the native API in policies. Their resources are
// arn:aws:gantry:::KIND/NAME.
const actionPrefix = "gantry:"

// resource says which resource a call is on; empty: on none in particular.
type resource func(*http.Request) string

func anywhere(*http.Request) string { return "" }

func inCluster(r *http.Request) string   { return structs.ClusterKey(clusterOf(r)) }
func ofScheduler(r *http.Request) string { return "scheduler/" + r.PathValue("name") }
func accessKey(r *http.Request) string   { return "key/" + r.PathValue("id") }

// ofEvaluations: without a cluster they are those of all clusters.
func ofEvaluations(r *http.Request) string {
	if r.URL.Query().Get("cluster") == "" {
		return ""
	}
	return inCluster(r)
}

// theJob names a job by its name, also where the call has its id: a policy knows names.
func (a *api) theJob(r *http.Request) string {
	cluster, name := clusterOf(r), r.PathValue("name")
	if j := a.Control.Store.Snapshot().Job(name); j != nil && j.Name != "" {
		cluster, name = j.Cluster, j.Name
	}
	return jobResource(cluster, name)
}

func jobResource(cluster, name string) string { return "job/" + cluster + "/" + name }

func arn(resource string) string { return "arn:aws:gantry:::" + resource }

// asked asks whether the caller may do an action before its handler is called.
func (a *api) asked(action string, on resource, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var resources []control.Resource
		if named := on(r); named != "" {
			resources = append(resources, control.Resource{ARN: arn(named)})
		}
		if err := control.Authorize(r.Context(), actionPrefix+action, resources...); err != nil {
			a.fail(w, err)
			return
		}
		h(w, r)
	}
}
