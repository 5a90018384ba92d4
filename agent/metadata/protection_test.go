package metadata

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

const testARN = "arn:aws:ecs:eu-west-1:000000000000:task/default/" + testTask

// TestProtection: what a task asks for becomes a call of the ECS API with the keys of its role, and
// the answer has the form of ECS's agent.
func TestProtection(t *testing.T) {
	for name, test := range map[string]struct {
		method, body  string
		operation     string // that is called; empty: none
		call          string
		server        int
		answer        string
		status        int
		want          string
		without, real bool // a role, keys of Gantry
	}{
		"get": {
			method: "GET", operation: "GetTaskProtection", call: `{"cluster":"default","tasks":["` + testARN + `"]}`,
			server: 200, answer: `{"protectedTasks":[{"taskArn":"` + testARN + `","protectionEnabled":false}],"failures":[]}`,
			status: 200, want: `{"protection":{"ExpirationDate":null,"ProtectionEnabled":false,"TaskArn":"` + testARN + `"}}`,
		},
		"put": {
			method: "PUT", body: `{"ProtectionEnabled":true,"ExpiresInMinutes":60}`, operation: "UpdateTaskProtection",
			call:   `{"cluster":"default","expiresInMinutes":60,"protectionEnabled":true,"tasks":["` + testARN + `"]}`,
			server: 200, answer: `{"protectedTasks":[{"taskArn":"` + testARN + `","protectionEnabled":true,"expirationDate":1767225600.5}]}`,
			status: 200, want: `{"protection":{"ExpirationDate":"2026-01-01T00:00:00Z","ProtectionEnabled":true,"TaskArn":"` + testARN + `"}}`,
		},
		"off": {
			method: "PUT", body: `{"ProtectionEnabled":false}`, operation: "UpdateTaskProtection",
			call:   `{"cluster":"default","protectionEnabled":false,"tasks":["` + testARN + `"]}`,
			server: 200, answer: `{"failures":[{"arn":"` + testARN + `","reason":"TASK_NOT_VALID"}]}`,
			status: 200, want: `{"failure":{"Arn":"` + testARN + `","Detail":null,"Reason":"TASK_NOT_VALID"}}`,
		},
		"refused": {
			method: "GET", operation: "GetTaskProtection", call: `{"cluster":"default","tasks":["` + testARN + `"]}`,
			server: 400, answer: `{"__type":"AccessDeniedException","message":"no"}`,
			status: 400, want: `{"requestID":"r1","error":{"Arn":"` + testARN + `","Code":"AccessDeniedException","Message":"no"}}`,
		},
		"nothing": {
			method: "PUT", body: `{}`,
			status: 400, want: `{"error":{"Arn":"` + testARN + `","Code":"InvalidParameterException","Message":"Invalid request: does not contain 'ProtectionEnabled' field"}}`,
		},
		"another member": {method: "PUT", body: `{"protectionEnabled":true,"Forever":true}`, status: 400, want: "Forever"},
		"another method": {method: "POST", body: `{}`, status: 400, want: "use GET or PUT"},
		"no role":        {method: "GET", without: true, status: 403, want: "no task IAM role credentials available for task"},
		"keys of AWS":    {method: "GET", real: true, status: 403, want: "give the task a role of Gantry's own"},
	} {
		t.Run(name, func(t *testing.T) {
			a := start(t, newMachine(), "i", t.TempDir())
			as := assignment(testTask)
			if test.without {
				as.Definition.TaskRoleArn = ""
			}
			if test.real {
				a.servers.set(structs.RoleCredentials{AccessKeyID: "AKIA", SecretAccessKey: "s", AWS: true}, nil)
			}
			called := ""
			a.servers.forward = func(r *http.Request) (*http.Response, error) {
				body, _ := io.ReadAll(r.Body)
				_, called, _ = strings.Cut(r.Header.Get("X-Amz-Target"), ".")
				if diff := cmp.Diff(test.call, string(body)); diff != "" || r.Header.Get("X-Amz-Security-Token") != "token" {
					t.Errorf("the call (-want +got):\n%s\nof %v", diff, r.Header)
				}
				header := http.Header{"X-Amzn-Requestid": {"r1"}}
				return &http.Response{StatusCode: test.server, Header: header, Body: io.NopCloser(strings.NewReader(test.answer))}, nil
			}
			status, text := a.ask(test.method, a.prepare(as)[variableAgent]+"/task-protection/v1/state", test.body)
			if status != test.status || called != test.operation || !sameJSON(text, test.want) && !strings.Contains(text, test.want) {
				t.Errorf("%d %s after %q, want %d %s after %q", status, text, called, test.status, test.want, test.operation)
			}
		})
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && cmp.Equal(x, y)
}
