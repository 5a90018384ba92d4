package sts

import (
	"encoding/xml"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// Without a gate any role can be assumed, and its keys say whose they are.
func TestAssumeRoleWithoutAGate(t *testing.T) {
	c := singlenode.New(t, func(c *control.Config) { c.Sessions = security.OpenSessions() })
	door := &protocol.Router{Services: []protocol.Service{New(c.Control)}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	ask := func(token, action string, form url.Values) *httptest.ResponseRecorder {
		form.Set("Action", action)
		form.Set("Version", API.Version)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Amz-Security-Token", token)
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		return w
	}
	role := url.Values{"RoleArn": {"arn:aws:iam::123456789012:role/any"}, "RoleSessionName": {"me"}}
	var answer struct {
		Result struct {
			Credentials     struct{ SessionToken, Expiration string }
			AssumedRoleUser struct{ Arn string }
		} `xml:"AssumeRoleResult"`
	}
	w := ask("", "AssumeRole", role)
	const session = "arn:aws:sts::000000000000:assumed-role/any/me"
	if err := xml.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Result.AssumedRoleUser.Arn != session || !strings.HasSuffix(answer.Result.Credentials.Expiration, "Z") {
		t.Fatalf("%v: %s", err, w.Body)
	}
	if w := ask(answer.Result.Credentials.SessionToken, "GetCallerIdentity", url.Values{}); !strings.Contains(w.Body.String(), "<Arn>"+session+"</Arn>") {
		t.Errorf("with the keys: %s", w.Body)
	}
	if w := ask("another token", "GetCallerIdentity", url.Values{}); !strings.Contains(w.Body.String(), ":root</Arn>") {
		t.Errorf("with another token: %s", w.Body)
	}
	role.Set("Policy", "{}")
	if w := ask("", "AssumeRole", role); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "sessions do not have this; leave it out") {
		t.Errorf("a session policy: %d %s", w.Code, w.Body)
	}
}
