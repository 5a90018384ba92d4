package access

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/internal/route"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/security/sigv4"
	"github.com/gantry-project/gantry/structs"
)

// What can become of a call.
const (
	enters        = "enters"
	noCredentials = "MissingAuthenticationTokenException"
	notForCaller  = "only servers and agents of this installation may call this"
	notByPolicy   = "is not authorized to perform"
	notItsOwn     = "cannot register another"
)

// callers are the kinds of callers. "agent" calls for its own container instance, "other agent" for
// one that is not its own.
var callers = []string{"nobody", "key without permission", "key with permission", "agent", "other agent", "server"}

// outcomes says, for each Who of a route, what becomes of each kind of caller. A key without
// permission is let in if the route has no action.
var outcomes = map[route.Who][]string{
	route.Anyone:     {enters, enters, enters, enters, enters, enters},
	route.Key:        {noCredentials, notByPolicy, enters, notForCaller, notForCaller, enters},
	route.KeyOrAgent: {noCredentials, notByPolicy, enters, enters, enters, enters},
	route.Agent:      {noCredentials, notForCaller, notForCaller, enters, notForCaller, enters},
	route.AnyAgent:   {noCredentials, notForCaller, notForCaller, enters, notItsOwn, enters},
	route.Server:     {noCredentials, notForCaller, notForCaller, notForCaller, notForCaller, enters},
}

// TestRoutes calls every route of a server as each kind of caller. Each route must refuse whom it
// should and let in everyone else.
func TestRoutes(t *testing.T) {
	s := newSecured(t)
	allowed, denied := s.key(t, "admin"), s.key(t, `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`)
	routes := s.routes(slog.New(slog.DiscardHandler)).Routes()
	if len(routes) < 35 {
		t.Fatalf("found %d routes", len(routes))
	}
	for _, of := range routes {
		for n, caller := range callers {
			want := outcomes[of.Who][n]
			if want == notByPolicy && of.Action == "" && of.Pattern != "/" {
				want = enters
			}
			r := s.request(t, of, caller, allowed, denied)
			w := httptest.NewRecorder()
			s.http.Config.Handler.ServeHTTP(w, r)
			if got := outcome(w); !strings.Contains(got, want) {
				t.Errorf("%s as %s: %d %s, want %q", of.Pattern, caller, w.Code, w.Body, want)
			}
		}
	}
}

// request returns a call of a route by a caller.
func (s *secured) request(t *testing.T, of route.Route, caller string, allowed, denied structs.NewAccessKey) *http.Request {
	t.Helper()
	method, path, pattern := strings.Cut(of.Pattern, " ")
	if !pattern {
		method, path = http.MethodPost, of.Pattern
	}
	path = strings.NewReplacer("{name}", "web", "{id}", "e1", "{$}", "").Replace(path)
	instance := "i1"
	if caller == "other agent" {
		instance = "i2"
	}
	body, service := []byte(`{"id": "`+instance+`"}`), "gantry"
	if of.AWS {
		service = "ecs"
	}
	switch { // the resource is in the body
	case of.Resource == nil && of.Action == "gantry:ReadLogs":
		body = []byte(`{"cluster": "default", "task": "t1"}`)
	case of.Resource == nil && of.Action != "":
		body = []byte(`{"name": "web", "type": "batch", "containers": [{"name": "app", "image": "app", "memory": 16}]}`)
	}
	ctx := t.Context()
	switch of.Pattern {
	case "POST /v1/agent/traffic": // it ends when the caller goes away
		soon, cancel := context.WithTimeout(ctx, time.Second)
		t.Cleanup(cancel)
		ctx = soon
	case "POST /v1/agent/targets":
		body = []byte("[]")
	}
	r := httptest.NewRequestWithContext(ctx, method, "http://gantry"+path+"?instance="+instance, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if of.AWS {
		r.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.CreateCluster")
	}
	switch caller {
	case "nobody":
	case "key with permission":
		sigv4.Sign(r, body, allowed.ID, allowed.Secret, "us-east-1", service, time.Now())
	case "key without permission":
		sigv4.Sign(r, body, denied.ID, denied.Secret, "us-east-1", service, time.Now())
	case "server":
		r.TLS = s.as(t, security.RoleServer, "s1")
	default:
		r.TLS = s.as(t, security.RoleAgent, "i1")
	}
	return r
}

// outcome returns what became of a call: enters, or the text of the refusal.
func outcome(w *httptest.ResponseRecorder) string {
	var answer struct {
		Type    string `json:"__type"`
		Message string
		Error   struct{ Code, Message string }
	}
	_ = json.Unmarshal(w.Body.Bytes(), &answer) // answers that are not JSON are not refusals
	switch {
	case answer.Type == noCredentials:
		return noCredentials
	case answer.Type == "AccessDeniedException":
		return answer.Message
	case answer.Error.Code == "AccessDenied":
		return answer.Error.Message
	}
	return enters
}

// The routes that are not for holders of access keys are listed by name, so that none is opened by
// mistake.
func TestRoutesNotForKeys(t *testing.T) {
	want := map[string]route.Who{
		"GET /v1/health":             route.Anyone,
		"POST /v1/agent/certificate": route.Anyone,
		"GET /v1/members":            route.KeyOrAgent,

		"GET /v1/data-channel/{session}": route.Anyone, // the token of the session decides

		"POST /v1/agent/register":    route.AnyAgent,
		"POST /v1/agent/stream":      route.Agent,
		"POST /v1/agent/credentials": route.Agent,
		"POST /v1/agent/report":      route.Agent,
		"POST /v1/agent/images":      route.Agent,
		"POST /v1/agent/health":      route.Agent,

		"POST /v1/agent/log-groups":        route.Agent,
		"POST /v1/agent/log-groups/begins": route.Agent,

		"POST /v1/agent/traffic":      route.Agent,
		"POST /v1/agent/targets":      route.Agent,
		"POST /v1/agent/drains":       route.Agent,
		"POST /v1/agent/tags":         route.Agent,
		"POST /v1/agent/certificates": route.Agent,
		"POST /v1/agent/acme":         route.Agent,
		"POST /v1/agent/calls":        route.Agent,
		"POST /v1/agent/secrets":      route.Agent,
		"POST /v1/agent/files":        route.Agent,
		"POST /v1/peer/accept":        route.Server,
		"POST /v1/peer/stats":         route.Server,
		"POST /v1/peer/leases":        route.Server,
		"POST /v1/peer/leave":         route.Server,
		"POST /v1/peer/gossip-key":    route.Server,
		"POST /v1/peer/led":           route.Server,
		"POST /v1/peer/announce":      route.Server,

		"/v1/peer/agents/{instance}/{path...}": route.Server,
	}
	s := newSecured(t)
	for _, of := range s.routes(slog.New(slog.DiscardHandler)).Routes() {
		if of.Who != want[of.Pattern] {
			t.Errorf("%s is for %d, want %d", of.Pattern, of.Who, want[of.Pattern])
		}
		if of.Who == route.Key && of.Action == "" && !of.AWS {
			t.Errorf("%s asks no policy", of.Pattern)
		}
		delete(want, of.Pattern)
	}
	if len(want) > 0 {
		t.Errorf("there are no routes %v", want)
	}
}
