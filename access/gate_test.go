package access

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/security"
)

// Servers may do everything, agents only what is theirs. A forwarded call counts as its caller's,
// and headers that say otherwise are ignored.
func TestCertificates(t *testing.T) {
	s := newSecured(t)
	for _, test := range []struct {
		name, role, method, path string
		forwarded                bool
		caller                   string // header
		enters                   bool
	}{
		{"server", "server", "POST", "/v1/peer/stats", false, "", true},
		{"cluster's secret", "server", "GET", "/v1/keys", false, "", true},
		{"agent's beat", "agent", "POST", "/v1/agent/stream?instance=i1", false, "", true},
		{"another's beat", "agent", "POST", "/v1/agent/stream?instance=i2", false, "", false},
		{"agent asks for members", "agent", "GET", "/v1/members", false, "", true},
		{"agent asks for keys", "agent", "GET", "/v1/keys", false, "", false},
		{"agent as server", "agent", "POST", "/v1/peer/stats", false, "server/s1", false},
		{"agent as forwarding server", "agent", "GET", "/v1/keys", true, "server/s1", false},
		{"agent as another", "agent", "POST", "/v1/agent/stream?instance=i2", true, "agent/i2", false},
		{"nobody as server", "", "GET", "/v1/keys", true, "server/s1", false},
		{"nobody's call forwarded", "server", "GET", "/v1/keys", true, "", false},
		{"agent's call forwarded", "server", "POST", "/v1/agent/stream?instance=i1", true, "agent/i1", true},
		{"agent's call for another forwarded", "server", "POST", "/v1/agent/stream?instance=i2", true, "agent/i1", false},
		{"secret's call forwarded", "server", "GET", "/v1/keys", true, "server/command-line", true},
	} {
		r := httptest.NewRequestWithContext(t.Context(), test.method, test.path, http.NoBody)
		r.TLS = s.as(t, test.role, "i1")
		if test.forwarded {
			r.Header.Set(hops, "1")
		}
		if test.caller != "" {
			r.Header.Set(headerCaller, test.caller)
		}
		w := httptest.NewRecorder()
		s.http.Config.Handler.ServeHTTP(w, r)
		if enters := w.Code != http.StatusForbidden; enters != test.enters {
			t.Errorf("%s: %d %s", test.name, w.Code, w.Body)
		}
	}
}

// An agent registers its own instance and no other.
func TestAgentRegistersItself(t *testing.T) {
	s := newSecured(t)
	for id, want := range map[string]int{strings.Repeat("1", 32): http.StatusOK, strings.Repeat("2", 32): http.StatusForbidden} {
		body := fmt.Sprintf(`{"id":%q,"cluster":"default"}`, id)
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/v1/agent/register", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.TLS = s.as(t, security.RoleAgent, strings.Repeat("1", 32))
		w := httptest.NewRecorder()
		s.http.Config.Handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d %s", id, w.Code, w.Body)
		}
	}
}
