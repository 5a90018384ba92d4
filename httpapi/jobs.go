package httpapi

import (
	"cmp"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/gantry-project/gantry/jobfile"
	"github.com/gantry-project/gantry/structs"
)

func (a *api) putJob(w http.ResponseWriter, r *http.Request) {
	if spec := a.jobSpec(w, r, "gantry:PutJob"); spec != nil {
		if err := a.Control.PassRole(r.Context(), spec.TaskRoleArn, spec.ExecutionRoleArn); err != nil {
			a.fail(w, err)
			return
		}
		out, err := a.Control.PutJob(r.Context(), spec, r.URL.Query().Get("clientToken"))
		a.answerOr(w, out, err)
	}
}

func (a *api) planJob(w http.ResponseWriter, r *http.Request) {
	if spec := a.jobSpec(w, r, "gantry:PlanJob"); spec != nil {
		out, err := a.Control.PlanJob(r.Context(), spec)
		a.answerOr(w, out, err)
	}
}

func (a *api) stopJob(w http.ResponseWriter, r *http.Request) {
	out, err := a.Control.StopJob(r.Context(), clusterOf(r), r.PathValue("name"))
	a.answerOr(w, out, err)
}

func (a *api) jobs(w http.ResponseWriter, r *http.Request) {
	out, err := a.Control.ListJobs(r.Context(), clusterOf(r), r.URL.Query().Get("all") == "true")
	a.answerOr(w, out, err)
}

func (a *api) job(w http.ResponseWriter, r *http.Request) {
	out, err := a.Control.DescribeJob(r.Context(), clusterOf(r), r.PathValue("name"))
	a.answerOr(w, out, err)
}

// jobSpec reads a job file and checks that the caller may do an action on its job. Otherwise it
// answers the call and returns nil. The content type must be YAML or JSON: a web page cannot send
// those to another origin without permission.
func (a *api) jobSpec(w http.ResponseWriter, r *http.Request, action string) *structs.JobSpec {
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case "application/json", "application/yaml", "application/x-yaml":
	default:
		a.refuse(w, http.StatusUnsupportedMediaType, structs.KindInvalidParameter, "send the job file as Content-Type: application/yaml, or application/json")
		return nil
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, structs.MaxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		a.refuse(w, http.StatusRequestEntityTooLarge, structs.KindInvalidParameter, err.Error())
		return nil
	}
	if err != nil {
		a.refuse(w, http.StatusBadRequest, structs.KindInvalidParameter, "read the job file: "+err.Error())
		return nil
	}
	spec, err := jobfile.Parse(text)
	if err != nil {
		a.fail(w, err)
		return nil
	}
	if err := authorize(r, action, jobResource(cmp.Or(spec.Cluster, structs.DefaultCluster), spec.Name)); err != nil {
		a.fail(w, err)
		return nil
	}
	return spec
}

// answerOr answers with out, or with an error if there is one.
func (a *api) answerOr(w http.ResponseWriter, out any, err error) {
	if err != nil {
		a.fail(w, err)
		return
	}
	a.answer(w, http.StatusOK, out)
}
