package server

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/internal/route"
	"github.com/gantry-project/gantry/server/members"
)

// A call that finds no leader is answered in the form of the API that it is for.
func TestNoLeaderIsToldInTheCallersForm(t *testing.T) {
	nobody := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("answered without a leader") })
	routes := route.New(route.Route{Pattern: "/v1/", Handler: nobody}, route.Route{Pattern: "/", AWS: true, Handler: nobody})
	forward := (&Server{members: new(members.Members)}).Forward(routes, routes, func(w http.ResponseWriter, r *http.Request, message string) {
		http.Error(w, "as AWS: "+message, http.StatusServiceUnavailable)
	})
	for path, want := range map[string]string{
		"/":        "as AWS: no server leads the cluster",
		"/v1/jobs": `{"__type":"ServerException","error":{"code":"Unavailable","message":"no server leads the cluster`,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, nil)
		// as many as there may be, so no leader is looked for
		r.Header.Set(HeaderHops, strconv.Itoa(maxHops))
		w := httptest.NewRecorder()
		forward.ServeHTTP(w, r)
		if w.Code != http.StatusServiceUnavailable || !strings.HasPrefix(w.Body.String(), want) {
			t.Errorf("%s: %d %s, want %s", path, w.Code, w.Body, want)
		}
	}
}
