package aws

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/security/sigv4"
	"github.com/gantry-project/gantry/structs"
)

const formType = "application/x-www-form-urlencoded"

// post returns a request, signed for a service if one is given.
func post(t *testing.T, service, contentType, target, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	if service != "" {
		sigv4.Sign(r, []byte(body), "AKIAIOSFODNN7EXAMPLE", "secret", "eu-west-1", service, time.Now())
	}
	return r
}

func TestActionOf(t *testing.T) {
	long := strings.Repeat("&Filter.1.Value=x", 4096) + "%"
	for _, test := range []struct{ service, contentType, target, body, want string }{
		{"ecs", "application/x-amz-json-1.1", "AmazonEC2ContainerServiceV20141113.RunTask", "{}", "ecs:RunTask"},
		{"", "application/x-amz-json-1.1", "AmazonEC2ContainerServiceV20141113.RunTask", "{}", "ecs:RunTask"},
		{"events", "application/x-amz-json-1.1", "AWSEvents.PutRule", "{}", "events:PutRule"},
		{"sts", formType, "", "Version=2011-06-15&Action=GetCallerIdentity", "sts:GetCallerIdentity"},
		{"ec2", formType + "; charset=utf-8", "", "Action=RunInstances" + long, "ec2:RunInstances"},
		{"", formType, "", "Action=RunInstances", "aws:RunInstances"},
		{"ec2", formType, "", "%", ""},
		{"ecs", "application/x-amz-json-1.1", "", "{}", ""},
	} {
		r := post(t, test.service, test.contentType, test.target, test.body)
		if got := ActionOf(r); got != test.want {
			t.Errorf("%+.80v: got %q", test, got)
		}
		if body, err := io.ReadAll(r.Body); err != nil || string(body) != test.body {
			t.Errorf("%+.80v: the body has %d bytes then: %v", test, len(body), err)
		}
	}
}

// What New serves is known to those who look at a request before it: SignedFor, ActionOf, and the
// policies, so that one that denies an action by its name is accepted.
func TestEveryServiceIsKnown(t *testing.T) {
	for _, service := range New(Config{}).Services {
		if service.TargetPrefix != "" {
			r := post(t, "", "application/x-amz-json-1.1", service.TargetPrefix+".X", "{}")
			if got := SignedFor(r); got != service.SigningName {
				t.Errorf("%s: SignedFor returns %q", service.Name, got)
			}
		}
		if !slices.ContainsFunc(apis, func(a *protocol.API) bool { return a.SigningName == service.SigningName }) {
			t.Errorf("%s is not among the apis", service.Name)
		}
		for name := range service.Actions {
			action := service.SigningName + ":" + name
			_, err := structs.ParsePolicy(`{"Statement":{"Effect":"Deny","Action":"` + action + `","Resource":"*"}}`)
			if err != nil && action != "sts:GetCallerIdentity" { // everybody may
				t.Errorf("structs/policy_actions.go: %v", err)
			}
		}
	}
}

// Each caller is told in its protocol that there is no leader, with the code that its SDK retries.
func TestUnavailable(t *testing.T) {
	for _, test := range []struct{ service, contentType, want string }{
		{"ecs", "application/x-amz-json-1.1", `{"__type":"ServerException","message":"no leader"}`},
		{"sts", formType, "<ErrorResponse><Error><Type>Receiver</Type><Code>ServiceUnavailable</Code><Message>no leader</Message>"},
		{"ec2", formType, "<Response><Errors><Error><Code>Unavailable</Code><Message>no leader</Message>"},
	} {
		w := httptest.NewRecorder()
		Unavailable(w, post(t, test.service, test.contentType, "", ""), "no leader")
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), test.want) {
			t.Errorf("%s: %d %s, want %s", test.service, w.Code, w.Body, test.want)
		}
	}
}
