package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

const siteFile = `
name: site
count: 2
containers:
- {name: main, image: i, memory: 16}
`

// The life of a job over the API: planned, put, put again, changed, shown, stopped.
func TestJobs(t *testing.T) {
	f := newFixture(t)
	plan, err := f.client.PlanJob(t.Context(), []byte(siteFile))
	if err != nil || plan.Result != structs.JobCreated || plan.TaskDefinition != "site:1" {
		t.Errorf("plan: %v, %+v", err, plan)
	}
	put, err := f.client.PutJob(t.Context(), []byte(siteFile), "")
	if err != nil || put.Result != structs.JobCreated || put.ID == "" || put.Evaluation == "" {
		t.Fatalf("put: %v, %+v", err, put)
	}
	again, err := f.client.PutJob(t.Context(), []byte(`{"name": "site", "containers": [{"name": "main", "image": "i", "memory": 16}]}`), "")
	if err != nil || again.Result != structs.JobUnchanged || again.ID != put.ID {
		t.Errorf("the same as JSON: %v, %+v", err, again)
	}
	f.Settle(t)
	list, err := f.client.Jobs(t.Context(), "default", false)
	if err != nil || len(list.Jobs) != 2 || list.Jobs[0].Name != "site" || list.Jobs[0].Running != 2 || list.Index == 0 {
		t.Errorf("list: %v, %+v", err, list)
	}
	detail, err := f.client.Job(t.Context(), "default", "site")
	if err != nil || len(detail.Tasks) != 2 || len(detail.Versions) != 1 || len(detail.Deployments) != 1 || len(detail.Evaluations) == 0 || len(detail.Events) == 0 || detail.Spec.Name != "site" {
		t.Errorf("detail: %v, %+v", err, detail)
	}
	if batch, err := f.client.Job(t.Context(), "default", f.task.Job); err != nil || len(batch.Tasks) != 1 || batch.Job.Type != structs.JobBatch {
		t.Errorf("a job of RunTask: %v, %+v", err, batch)
	}
	if stopped, err := f.client.StopJob(t.Context(), "default", "site"); err != nil || stopped.Status != structs.ServiceDraining {
		t.Errorf("stop: %v, %+v", err, stopped)
	}
}

func TestJobErrors(t *testing.T) {
	f := newFixture(t)
	_, put := f.client.PutJob(t.Context(), []byte(siteFile+"cuont: 1"), "")
	_, plan := f.client.PlanJob(t.Context(), []byte(siteFile+"scaling: {}"))
	_, job := f.client.Job(t.Context(), "default", "nosuch")
	_, stop := f.client.StopJob(t.Context(), "default", "nosuch")
	_, list := f.client.Jobs(t.Context(), "nosuch", false)
	for name, got := range map[string]struct {
		err  error
		kind structs.Kind
		text string
	}{
		"put":  {put, structs.KindInvalidParameter, "line 6: cuont: there is no such field; did you mean count?"},
		"plan": {plan, structs.KindInvalidParameter, "line 6: scaling: not built yet"},
		"job":  {job, structs.KindResourceNotFound, "there is no job nosuch in cluster default"},
		"stop": {stop, structs.KindResourceNotFound, "there is no job nosuch in cluster default"},
		"list": {list, structs.KindClusterNotFound, ""},
	} {
		if got.err == nil || structs.KindOf(got.err) != got.kind || !strings.Contains(got.err.Error(), got.text) {
			t.Errorf("%s: %v, want kind %s", name, got.err, got.kind)
		}
	}
}

// What a page in a browser can send to another origin without permission is rejected.
func TestJobContentType(t *testing.T) {
	f := newFixture(t)
	for kind, want := range map[string]int{
		"text/plain": http.StatusUnsupportedMediaType, "": http.StatusUnsupportedMediaType,
		"application/json": http.StatusBadRequest, "application/yaml; charset=utf-8": http.StatusBadRequest,
	} {
		response, err := http.Post(f.url+"/v1/jobs", kind, strings.NewReader("cuont: 1"))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%q: %s", kind, response.Status)
		}
	}
}
