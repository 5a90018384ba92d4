package protocol

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// scheduled is a request whose shape has members in every place.
type scheduled struct {
	Name   string   `json:"-" uri:"Name"`
	Group  string   `json:"-" querystring:"groupName"`
	Keys   []string `json:"-" querystring:"TagKeys"`
	Most   *int32   `json:"-" querystring:"MaxResults"`
	Trace  string   `json:"-" header:"X-Trace"`
	Target string   `json:"Target,omitzero"`
}

func (*scheduled) Check(*Checker) {}

type scheduledAnswer struct {
	Seen string `json:"Seen"`
}

// restRouter returns a router with a REST service with three routes.
func restRouter() *Router {
	frame := Frame[struct{}]{Open: func(*Request) struct{} { return struct{}{} }}
	see := func(_ struct{}, _ context.Context, in *scheduled) (*scheduledAnswer, error) {
		if in.Name == "gone" {
			return nil, structs.Errorf(structs.KindResourceNotFound, "there is no %s", in.Name)
		}
		seen := strings.Join(append([]string{in.Name, in.Group, in.Trace, in.Target}, in.Keys...), "|")
		if in.Most != nil {
			seen += "|most"
		}
		return &scheduledAnswer{seen}, nil
	}
	return &Router{
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Services: []Service{{
			API: API{
				Name: "A Scheduler", SigningName: "scheduler", Protocol: RESTJSON{}, ErrorSuffix: "Exception",
				Operations: map[string]bool{"CreateSchedule": true, "GetSchedule": true, "ListSchedules": true},
				Routes: map[string]string{
					"CreateSchedule": "POST /schedules/{Name}", "GetSchedule": "GET /schedules/{Name}", "ListSchedules": "GET /schedules",
				},
			},
			Actions: map[string]Action{"CreateSchedule": Handle(frame, see), "GetSchedule": Handle(frame, see)},
		}},
	}
}

func TestREST(t *testing.T) {
	for _, test := range []struct {
		name, method, path, body, service string
		status                            int
		code, want                        string
	}{
		{"body and path", "POST", "/schedules/nightly", `{"Target":"t","Name":"not this"}`, "scheduler", 200, "", `{"Seen":"nightly|||t"}`},
		{"query and header", "GET", "/schedules/a?groupName=g&TagKeys=x&TagKeys=y&MaxResults=3", "", "scheduler", 200, "", `{"Seen":"a|g|traced||x|y|most"}`},
		{"a slash in a name", "GET", "/schedules/arn%3Aaws%2Fx", "", "scheduler", 200, "", `"arn:aws/x|`},
		{"not signed", "GET", "/schedules/a", "", "", 200, "", `"a||`},
		{"refused by the action", "GET", "/schedules/gone", "", "scheduler", 400, "ResourceNotFoundException", "there is no gone"},
		{"not built", "GET", "/schedules", "", "scheduler", 400, "UnsupportedFeatureException", "operation ListSchedules is not supported"},
		{"no such path", "GET", "/schedule-groups", "", "scheduler", 404, "UnknownOperationException", "scheduler: GET /schedule-groups"},
		{"no such method", "DELETE", "/schedules/a", "", "scheduler", 404, "UnknownOperationException", "Gantry speaks A Scheduler"},
		{"the path of another service", "GET", "/schedules/a", "", "batch", 404, "UnknownOperationException", "batch: GET /schedules/a"},
		{"the root", "GET", "/", "", "s3", 404, "UnknownOperationException", "s3: GET /"},
		{"no name", "GET", "/schedules/", "", "scheduler", 404, "UnknownOperationException", ""},
		{"bad number", "GET", "/schedules/a?MaxResults=many", "", "scheduler", 400, "SerializationException", "Most: 'many' is not an integer"},
		{"bad JSON", "POST", "/schedules/a", "{", "scheduler", 400, "SerializationException", "not valid JSON"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), test.method, test.path, strings.NewReader(test.body))
		r.Header.Set("X-Trace", "traced")
		if test.method == http.MethodPost {
			r.Header.Del("X-Trace")
		}
		if test.service != "" {
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=A/20261121/r/"+test.service+"/aws4_request, Signature=ab")
		}
		w := httptest.NewRecorder()
		restRouter().ServeHTTP(w, r)
		if w.Code != test.status || w.Header().Get("x-amzn-errortype") != test.code || !strings.Contains(w.Body.String(), test.want) {
			t.Errorf("%s: %d %s %s", test.name, w.Code, w.Header(), w.Body)
		}
	}
}
