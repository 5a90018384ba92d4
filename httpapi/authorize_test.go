package httpapi_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/httpapi"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

const jobText = "name: web\ncluster: prod\ntype: batch\ncontainers:\n- {name: app, image: app, memory: 16}\n"

// askAs makes a call as the holder of a policy.
func askAs(t *testing.T, node *singlenode.Node, policy, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	p, err := structs.ParsePolicy(policy)
	noError(t, err)
	door := httpapi.New(httpapi.Config{Control: node.Control, Logger: slog.New(slog.DiscardHandler)})
	ctx := control.WithCaller(t.Context(), &control.Caller{ARN: "arn:aws:iam::000000000000:user/ci", Policy: &p})
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/yaml")
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	return w
}

// Policies know a job by its name, even if a call has its id.
func TestJobResources(t *testing.T) {
	node := singlenode.New(t)
	_, err := node.Control.CreateCluster(t.Context(), structs.Cluster{Name: "prod"}, nil)
	noError(t, err)
	policy := `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"gantry:StopJob","Resource":"arn:aws:gantry:::job/prod/web"}]}`
	if w := askAs(t, node, policy, "POST", "/v1/jobs", jobText); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	jobs, err := node.Control.ListJobs(t.Context(), "prod", true)
	noError(t, err)
	for _, name := range []string{"web", jobs.Jobs[0].ID} {
		if w := askAs(t, node, policy, "DELETE", "/v1/jobs/"+name+"?cluster=prod", ""); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "arn:aws:gantry:::job/prod/web with an explicit deny") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}
