package protocol

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

type echoed struct {
	Name  string   `json:"name,omitzero"`
	Count int32    `json:"count,omitzero"`
	Parts []part   `json:"parts,omitzero"`
	Words []string `json:"words,omitzero"`
}

type part struct {
	On *bool `json:"on,omitzero"`
}

func (e *echoed) FillLists() {
	if e.Words == nil {
		e.Words = []string{}
	}
}

// router returns a router with one service "Svc" that echoes, fails as its body says, and has an
// operation that is not built.
func router(log io.Writer) *Router {
	return &Router{
		Region: "nowhere-1",
		Logger: slog.New(slog.NewTextHandler(log, nil)),
		Services: []Service{{
			API: API{
				Name: "A Service", SigningName: "svc", Protocol: JSON{"1.1"}, TargetPrefix: "Svc_1", ErrorSuffix: "Exception",
				Operations: map[string]bool{"Echo": true, "Fail": true, "Later": true},
			},
			Actions: map[string]Action{
				"Echo": func(_ context.Context, r *Request) (any, error) {
					out := &echoed{}
					return out, r.Decode(out)
				},
				"Region": func(_ context.Context, r *Request) (any, error) { return &echoed{Name: r.Region}, nil },
				"Fail": func(_ context.Context, r *Request) (any, error) {
					if kind := string(r.Body); kind != "plain" {
						return nil, &structs.Error{Kind: structs.Kind(kind), Message: "told so", ResourceIDs: []string{"a"}}
					}
					return nil, errors.New("secret detail")
				},
			},
		}},
	}
}

func post(t *testing.T, h http.Handler, target, body string) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var answer map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return w, answer
}

func TestAnswer(t *testing.T) {
	w, _ := post(t, router(io.Discard), "Svc_1.Echo", `{"name":"<&>","unknown":{"deep":[1]}}`)
	if w.Code != http.StatusOK || w.Body.String() != `{"name":"<&>","words":[]}`+"\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/x-amz-json-1.1" {
		t.Errorf("content type %q", got)
	}
	id := w.Header().Get("x-amzn-RequestId")
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("request id %q", id)
	}
}

func TestRefusals(t *testing.T) {
	for _, tc := range []struct {
		name, target, body string
		status             int
		code, message      string // message: part of it
	}{
		{"no body is an empty object", "Svc_1.Echo", "", 200, "", ""},
		{"no target", "", "{}", 400, "UnknownOperationException", "X-Amz-Target"},
		{"unknown service", "Other.Echo", "{}", 400, "UnknownOperationException", `"Other.Echo"`},
		{"unknown operation", "Svc_1.Nothing", "{}", 400, "UnknownOperationException", `"Svc_1.Nothing"`},
		{"operation that is not built", "Svc_1.Later", "{}", 400, "UnsupportedFeatureException", "operation Later is not supported by this version of Gantry"},
		{"cut off", "Svc_1.Echo", `{"name":`, 400, "SerializationException", "at byte 8"},
		{"not JSON", "Svc_1.Echo", `name=x`, 400, "SerializationException", "at byte 2"},
		{"garbage after the object", "Svc_1.Echo", `{} {}`, 400, "SerializationException", "at byte 4"},
		{"a list", "Svc_1.Echo", `[]`, 400, "SerializationException", "the request: expected an object, got array"},
		{"wrong type", "Svc_1.Echo", `{"name":1}`, 400, "SerializationException", "name: expected a string, got number"},
		{"wrong type inside", "Svc_1.Echo", `{"parts":[{"on":true},{"on":"x"}]}`, 400, "SerializationException", "parts.on: expected true or false, got string"},
		{"number too large", "Svc_1.Echo", `{"count":99999999999}`, 400, "SerializationException", "count: expected an integer"},
		{"refused by the action", "Svc_1.Fail", "Client", 400, "ClientException", "told so"},
		{"no leader", "Svc_1.Fail", "Unavailable", 503, "ServerException", "told so"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w, answer := post(t, router(io.Discard), tc.target, tc.body)
			code, _ := answer["__type"].(string)
			message, _ := answer["message"].(string)
			if w.Code != tc.status || code != tc.code || !strings.Contains(message, tc.message) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if w.Header().Get("x-amzn-RequestId") == "" {
				t.Error("no request id")
			}
		})
	}
}

// The cause of an internal error is only in the log, under the id that the caller gets.
func TestInternalErrors(t *testing.T) {
	for _, body := range []string{"plain", "Internal"} {
		var log bytes.Buffer
		w, answer := post(t, router(&log), "Svc_1.Fail", body)
		id := w.Header().Get("x-amzn-RequestId")
		if w.Code != http.StatusInternalServerError || answer["__type"] != "ServerException" || answer["message"] != "internal error; request id "+id {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if got := log.String(); !strings.Contains(got, id) || !strings.Contains(got, "secret detail") && !strings.Contains(got, "told so") {
			t.Errorf("log: %s", got)
		}
	}
}

func TestConflictNamesResources(t *testing.T) {
	_, answer := post(t, router(io.Discard), "Svc_1.Fail", "Conflict")
	if ids, _ := answer["resourceIds"].([]any); len(ids) != 1 || ids[0] != "a" {
		t.Errorf("got %v", answer)
	}
}

// A client that sends its whole request before it reads the answer, as most do, sees the answer to
// one that is too large, and not a broken connection.
func TestTooLarge(t *testing.T) {
	server := httptest.NewServer(router(io.Discard))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const size = 30 << 20 // more than the buffers of a connection hold
	request := fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: Svc_1.Echo\r\nContent-Length: %d\r\n\r\n", size)
	if _, err := io.WriteString(conn, request+strings.Repeat("x", size)); err != nil {
		t.Fatal(err)
	}
	w, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	var answer map[string]string
	if err := json.NewDecoder(w.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if w.StatusCode != http.StatusRequestEntityTooLarge || answer["__type"] != "RequestEntityTooLargeException" || !strings.Contains(answer["message"], "16 MiB") {
		t.Errorf("%d %v", w.StatusCode, answer)
	}
}

func TestLargestBodyIsTaken(t *testing.T) {
	frame := `{"name":""}`
	w, _ := post(t, router(io.Discard), "Svc_1.Echo", `{"name":"`+strings.Repeat("x", structs.MaxBody-len(frame))+`"}`)
	if w.Code != http.StatusOK {
		t.Errorf("got %d", w.Code)
	}
}

func TestRegion(t *testing.T) {
	for _, tc := range []struct{ authorization, want string }{
		{"", "nowhere-1"},
		{"AWS4-HMAC-SHA256 Credential=AKID/20261121/eu-west-1/ecs/aws4_request, SignedHeaders=host, Signature=ab", "eu-west-1"},
		{"AWS4-HMAC-SHA256 Credential=team/key/20261121/eu-west-1/ecs/aws4_request,Signature=ab", "eu-west-1"},
		{"AWS4-HMAC-SHA256 Credential=AKID/20261121/eu-west-1", "nowhere-1"},
		{"AWS4-HMAC-SHA256 Credential=AKID/20261121/eu:west/ecs/aws4_request, Signature=ab", "nowhere-1"},
		{"Bearer x", "nowhere-1"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
		r.Header.Set("Authorization", tc.authorization)
		r.Header.Set("X-Amz-Target", "Svc_1.Region")
		w := httptest.NewRecorder()
		router(io.Discard).ServeHTTP(w, r)
		if want := `{"name":"` + tc.want + `","words":[]}` + "\n"; w.Body.String() != want {
			t.Errorf("%q: got %s", tc.authorization, w.Body)
		}
	}
}

func FuzzServe(f *testing.F) {
	f.Add("Svc_1.Echo", "AWS4-HMAC-SHA256 Credential=A/20261121/r/ecs/aws4_request", []byte(`{"name":"x","parts":[{"on":null}]}`))
	f.Add(".", "Credential=", []byte("\xff"))
	h := router(io.Discard)
	f.Fuzz(func(t *testing.T, target, authorization string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("X-Amz-Target", target)
		r.Header.Set("Authorization", authorization)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("the answer is not JSON: %q", w.Body)
		}
	})
}
