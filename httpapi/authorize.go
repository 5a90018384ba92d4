package httpapi

import (
	"net/http"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/internal/route"
	"github.com/gantry-project/gantry/structs"
)

// The resources of routes in policies, without the part that all ARNs of the native API begin with.

func none(*http.Request) (string, error) { return "", nil }

func cluster(r *http.Request) (string, error)   { return structs.ClusterKey(clusterOf(r)), nil }
func scheduler(r *http.Request) (string, error) { return "scheduler/" + r.PathValue("name"), nil }
func accessKey(r *http.Request) (string, error) { return "key/" + r.PathValue("id"), nil }
func bucket(r *http.Request) (string, error)    { return "bucket/" + r.PathValue("name"), nil }
func role(r *http.Request) (string, error)      { return structs.RoleKey(r.PathValue("name")), nil }
func volume(r *http.Request) (string, error) {
	return "volume/" + structs.FileSystemID(r.PathValue("id")), nil
}

// clusterIfNamed is for calls that are about all clusters unless they name one.
func clusterIfNamed(r *http.Request) (string, error) {
	if r.URL.Query().Get("cluster") == "" {
		return none(r)
	}
	return cluster(r)
}

// jobInPath names a job by its name even if the call has its id, because policies know names.
func (a *api) jobInPath(r *http.Request) (string, error) {
	cluster, name, err := a.Control.JobName(r.Context(), clusterOf(r), r.PathValue("name"))
	return jobResource(cluster, name), err
}

func jobResource(cluster, name string) string { return "job/" + cluster + "/" + name }

// authorized returns the handler of a route, behind the check that the caller may do its action.
func (a *api) authorized(of route.Route) http.Handler {
	if of.Action == "" || of.Resource == nil {
		return of.Handler
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resource, err := of.Resource(r)
		if err == nil {
			err = authorize(r, of.Action, resource)
		}
		if err != nil {
			a.fail(w, err)
			return
		}
		of.Handler.ServeHTTP(w, r)
	})
}

// authorize fails unless the caller may do an action on a resource; empty: on none in particular.
func authorize(r *http.Request, action, resource string) error {
	if resource == "" {
		return control.Authorize(r.Context(), action)
	}
	return control.Authorize(r.Context(), action, control.Resource{ARN: "arn:aws:gantry:::" + resource})
}
