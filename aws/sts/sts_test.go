package sts

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

func TestGetCallerIdentity(t *testing.T) {
	door := &protocol.Router{Services: []protocol.Service{New(nil)}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	root := []string{"arn:aws:iam::000000000000:root", "000000000000"}
	for name, test := range map[string]struct {
		caller *control.Caller
		want   []string // ARN and id
	}{
		"nobody is asked who they are":    {nil, root},
		"any caller may do everything":    {&control.Caller{ARN: "anonymous"}, root},
		"the cluster's own certificate":   {&control.Caller{ARN: "server/a"}, root},
		"a key whose policy says nothing": {&control.Caller{ARN: "arn:aws:iam::000000000000:user/ci", Key: "AKIA1", Policy: &structs.Policy{}}, []string{"arn:aws:iam::000000000000:user/ci", "AKIA1"}},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("Action=GetCallerIdentity&Version=2011-06-15"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if test.caller != nil {
			r = r.WithContext(control.WithCaller(r.Context(), test.caller))
		}
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		want := "<Account>000000000000</Account><Arn>" + test.want[0] + "</Arn><UserId>" + test.want[1] + "</UserId></GetCallerIdentityResult>"
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if test.caller != nil && test.caller.Action != "sts:GetCallerIdentity" {
			t.Errorf("%s: the audit log gets %q", name, test.caller.Action)
		}
	}
}

func TestOtherActionsAreRefused(t *testing.T) {
	door := &protocol.Router{Services: []protocol.Service{New(nil)}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("Action=GetSessionToken&Version=2011-06-15"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "<Code>InvalidAction</Code><Message>operation GetSessionToken is not supported by this version of Gantry</Message>") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
