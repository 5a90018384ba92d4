package httpapi_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/gantry-project/gantry/httpapi"
	"github.com/gantry-project/gantry/internal/route"
	"github.com/gantry-project/gantry/structs"
)

// The package comment lists every route, and no other.
func TestEveryRouteIsDocumented(t *testing.T) {
	source, err := os.ReadFile("httpapi.go")
	noError(t, err)
	documented := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^//\t([A-Z]+) +(/v1/[^ ?]*)`).FindAllStringSubmatch(string(source), -1) {
		documented[line[1]+" "+line[2]] = true
	}
	served := map[string]bool{}
	for _, of := range httpapi.New(httpapi.Config{}).Routes() {
		served[of.Pattern] = true
	}
	if !maps.Equal(documented, served) {
		t.Errorf("documented are\n%q\nserved are\n%q", slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(served)))
	}
}

// Policies know every action, so that one that denies an action by its name is accepted. access
// tests who may call.
func TestPoliciesKnowEveryAction(t *testing.T) {
	for _, of := range httpapi.New(httpapi.Config{}).Routes() {
		if of.Action == "" {
			continue
		}
		if _, err := structs.ParsePolicy(`{"Statement":{"Effect":"Deny","Action":"` + of.Action + `","Resource":"*"}}`); err != nil {
			t.Errorf("%s: %v", of.Pattern, err)
		}
	}
}

// Only these calls are answered by a server that does not lead, and only these bodies are not held.
// Elsewhere, an answer from a server's own state may be outdated; here, the leader would answer for
// the wrong server.
func TestRoutesThatDoNotWaitForTheLeader(t *testing.T) {
	type travels struct {
		where route.Where
		body  route.Body
	}
	want := map[string]travels{
		"GET /v1/health":              {route.ThisServer, route.Held},
		"GET /v1/ready":               {route.ThisServer, route.Held},
		"GET /v1/members":             {route.ThisServer, route.Held},
		"GET /v1/status/leader":       {route.ThisServer, route.Held},
		"GET /v1/status/raft":         {route.ThisServer, route.Held},
		"POST /v1/server/leave":       {route.ThisServer, route.Held},
		"POST /v1/agent/certificate":  {route.AnyServer, route.Held},
		"POST /v1/agent/traffic":      {route.AnyServer, route.Streamed},
		"POST /v1/agent/tags":         {route.AnyServer, route.Held},
		"POST /v1/agent/certificates": {route.AnyServer, route.Held},
		"POST /v1/agent/stream":       {route.AnyServer, route.Streamed},
		"POST /v1/agent/calls":        {route.ThisServer, route.Streamed},
		"POST /v1/agent/credentials":  {route.AnyServer, route.Held},
		"POST /v1/logs":               {route.AnyServer, route.Held},
		"POST /v1/snapshot":           {route.Leader, route.Streamed},

		"GET /v1/data-channel/{session}": {route.AnyServer, route.Held},
		"POST /v1/sessions/{id}/resume":  {route.AnyServer, route.Held},
	}
	got := map[string]travels{}
	for _, of := range httpapi.New(httpapi.Config{}).Routes() {
		if is := (travels{of.Where, of.Body}); is != (travels{}) {
			got[of.Pattern] = is
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
