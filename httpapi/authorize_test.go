package httpapi_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/httpapi"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

const jobText = "name: web\ncluster: prod\ntype: batch\ncontainers:\n- {name: app, image: app, memory: 16}\n"

// askAs calls as the holder of a policy.
func askAs(t *testing.T, node *singlenode.Node, policy, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	p, err := structs.ParsePolicy(policy)
	noError(t, err)
	door := httpapi.New(httpapi.Config{
		Control: node.Control, Ready: func() error { return nil }, Closing: make(chan struct{}), Logger: slog.New(slog.DiscardHandler),
		Members: func() []structs.Member { return nil }, Leader: func() string { return "" },
	})
	ctx := control.WithCaller(t.Context(), &control.Caller{ARN: "arn:aws:iam::000000000000:user/ci", Policy: &p})
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(jobText))
	r.Header.Set("Content-Type", "application/yaml")
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	return w
}

// No call is carried out before its caller has been asked about, but for those that the gate keeps
// to agents.
func TestEveryCallIsAuthorized(t *testing.T) {
	source, err := os.ReadFile("httpapi.go")
	noError(t, err)
	routes := regexp.MustCompile(`(?m)^\t(?:mux\.HandleFunc|asked)\("([A-Z]+) ([^"]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(routes) < 20 {
		t.Fatalf("found %d routes", len(routes))
	}
	node := singlenode.New(t)
	for _, route := range routes {
		method, path := route[1], strings.NewReplacer("{name}", "web", "{id}", "e1").Replace(route[2])
		if path == "/v1/health" || strings.HasPrefix(path, "/v1/agent/") {
			continue
		}
		if w := askAs(t, node, `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`, method, path); w.Code != http.StatusForbidden {
			t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
	}
}

// Policies know every action that is asked about: one that denies an action by its name is not
// refused.
func TestPoliciesKnowEveryAction(t *testing.T) {
	source, err := os.ReadFile("httpapi.go")
	noError(t, err)
	actions := []string{"PutJob", "PlanJob"} // which jobs.go asks about
	for _, route := range regexp.MustCompile(`asked\("[^"]+", "([A-Za-z]+)"`).FindAllStringSubmatch(string(source), -1) {
		actions = append(actions, route[1])
	}
	for _, action := range actions {
		if _, err := structs.ParsePolicy(`{"Statement":{"Effect":"Deny","Action":"gantry:` + action + `","Resource":"*"}}`); err != nil {
			t.Error(err)
		}
	}
}

// A policy knows a job by its name, however a call names it.
func TestJobResources(t *testing.T) {
	node := singlenode.New(t)
	_, err := node.Control.CreateCluster(t.Context(), structs.Cluster{Name: "prod"}, nil)
	noError(t, err)
	policy := `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"gantry:StopJob","Resource":"arn:aws:gantry:::job/prod/web"}]}`
	if w := askAs(t, node, policy, "POST", "/v1/jobs"); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	jobs, err := node.Control.ListJobs(t.Context(), "prod", true)
	noError(t, err)
	for _, name := range []string{"web", jobs.Jobs[0].ID} {
		if w := askAs(t, node, policy, "DELETE", "/v1/jobs/"+name+"?cluster=prod"); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "arn:aws:gantry:::job/prod/web with an explicit deny") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}
