package route

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A call gets the route that answers it. If the mux itself answers, it gets the zero Route, or the
// one around the inner table.
func TestOf(t *testing.T) {
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	table := New(
		Route{Pattern: "/v1/", Where: ThisServer, Handler: New(
			Route{Pattern: "GET /v1/open", Who: Anyone, Handler: ok},
			Route{Pattern: "POST /v1/jobs/{name}", Who: Agent, Handler: ok},
		)},
		Route{Pattern: "GET /{$}", Where: AnyServer, Handler: ok},
	)
	for call, want := range map[string]struct {
		pattern string
		who     Who
		status  int
	}{
		"GET /v1/open":             {"GET /v1/open", Anyone, http.StatusOK},
		"HEAD /v1/open":            {"GET /v1/open", Anyone, http.StatusOK},
		"POST /v1/open":            {"/v1/", Key, http.StatusMethodNotAllowed},
		"GET /v1//open":            {"", Key, http.StatusTemporaryRedirect},
		"GET /v1/jobs/../open":     {"", Key, http.StatusTemporaryRedirect},
		"GET /v1/open/":            {"/v1/", Key, http.StatusNotFound},
		"POST /v1/jobs/a%2Fb?x=%2": {"POST /v1/jobs/{name}", Agent, http.StatusOK},
		"GET /":                    {"GET /{$}", Key, http.StatusOK},
		"GET /other":               {"", Key, http.StatusNotFound},
	} {
		method, target, _ := strings.Cut(call, " ")
		r := httptest.NewRequest(method, target, nil)
		of, w := table.Of(r), httptest.NewRecorder()
		table.ServeHTTP(w, r)
		if of.Pattern != want.pattern || of.Who != want.who || w.Code != want.status {
			t.Errorf("%s: %q for %d, answered with %d", call, of.Pattern, of.Who, w.Code)
		}
	}
	if routes := table.Routes(); len(routes) != 3 || routes[2].Pattern != "GET /{$}" {
		t.Errorf("the routes are %+v", routes)
	}
}
