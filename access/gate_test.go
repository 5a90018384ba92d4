package access

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	door "github.com/gantry-project/gantry/aws"
	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/httpapi"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

const hops = "Gantry-Hops"

// secured is a server behind a gate.
type secured struct {
	*testutil.SingleNode
	http      *httptest.Server
	audit     string
	secret    security.Secret
	authority *security.Authority
	now       time.Time // of the gate; zero: the clock's
	behind    bool
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newSecured(t *testing.T) *secured {
	s := &secured{SingleNode: testutil.NewSingleNode(t), secret: security.NewSecret(), audit: filepath.Join(t.TempDir(), "server", "audit.log")}
	s.authority = must[*security.Authority](t)(s.secret.Authority())
	sealer := must[*security.Sealer](t)(s.secret.Sealer())
	s.Control.Sealer = sealer
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	audit := must[*Audit](t)(OpenAudit(s.audit, log))
	g := New(Config{Keys: s.Control.AccessKey, Secrets: sealer, Audit: audit, Logger: log, SignedFor: door.SignedFor, Refuse: door.Refuse, Behind: func() bool { return s.behind }, Now: func() time.Time {
		if s.now.IsZero() {
			return time.Now()
		}
		return s.now
	}})
	mux := http.NewServeMux()
	mux.Handle("/v1/", httpapi.New(httpapi.Config{
		Control: s.Control, Ready: func() error { return nil }, Logger: log, Closing: make(chan struct{}),
		Members: func() []structs.Member { return nil }, Leader: func() string { return "10.0.0.1:5747" },
	}))
	mux.HandleFunc("/v1/peer/", func(http.ResponseWriter, *http.Request) {})
	mux.Handle("/", door.New(door.Config{Control: s.Control, Logger: log}))
	s.http = httptest.NewServer(g.Receive(hops, g.Check(mux)))
	t.Cleanup(func() {
		s.http.Close()
		if err := audit.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *secured) key(t *testing.T, policy string) structs.NewAccessKey {
	t.Helper()
	return must[structs.NewAccessKey](t)(s.Control.CreateAccessKey(t.Context(), structs.AccessKeyRequest{Name: "ci", Policy: policy}))
}

func (s *secured) sdk(id, secret, session string) *sdk.Client {
	return sdk.New(sdk.Options{
		Region: "us-east-1", BaseEndpoint: &s.http.URL, Credentials: credentials.NewStaticCredentialsProvider(id, secret, session), RetryMaxAttempts: 1,
	})
}

func create(t *testing.T, c *sdk.Client, name string) string {
	t.Helper()
	_, err := c.CreateCluster(t.Context(), &sdk.CreateClusterInput{ClusterName: aws.String(name)})
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// TestSDK: whose key is known, signs with its secret, and may do it, is let in; all others hear
// AWS's errors.
func TestSDK(t *testing.T) {
	s := newSecured(t)
	admin, reader, gone := s.key(t, "admin"), s.key(t, "read-only"), s.key(t, "admin")
	if err := s.Control.RevokeAccessKey(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, id, secret, session, code string }{
		{"an administrator", admin.ID, admin.Secret, "", ""},
		{"wrong secret", admin.ID, reader.Secret, "", "InvalidSignatureException"},
		{"may not", reader.ID, reader.Secret, "", "AccessDeniedException"},
		{"revoked", gone.ID, gone.Secret, "", "UnrecognizedClientException"},
		{"unknown", "AKIAIOSFODNN7EXAMPLE", admin.Secret, "", "UnrecognizedClientException"},
		{"a session of no one", admin.ID, admin.Secret, "token", "UnrecognizedClientException"},
	} {
		if code := create(t, s.sdk(test.id, test.secret, test.session), "c"); code != test.code {
			t.Errorf("%s: %q, want %q", test.name, code, test.code)
		}
	}
	if _, err := s.sdk(reader.ID, reader.Secret, "").ListClusters(t.Context(), &sdk.ListClustersInput{}); err != nil {
		t.Errorf("a reader reads: %v", err)
	}
	s.now = time.Now().Add(6 * time.Minute)
	if code := create(t, s.sdk(admin.ID, admin.Secret, ""), "late"); code != "InvalidSignatureException" {
		t.Errorf("an old signature: %q", code)
	}
	if s.Store.Snapshot().Cluster("late") != nil {
		t.Error("an old signature made a cluster")
	}
}

// Nothing but the process's being alive is told to who shows nothing, or something of no worth.
func TestNothingWithoutCredentials(t *testing.T) {
	s := newSecured(t)
	admin := s.key(t, "admin")
	for _, test := range []struct{ method, path, authorization, code string }{
		{"GET", "/v1/health", "", ""},
		{"POST", "/v1/health", "", "MissingAuthenticationTokenException"},
		{"GET", "/v1/ready", "", "MissingAuthenticationTokenException"},
		{"GET", "/", "", "MissingAuthenticationTokenException"},
		{"POST", "/", "", "MissingAuthenticationTokenException"},
		// AWS's APIs are signed
		{"POST", "/", "Bearer " + admin.ID + ":" + admin.Secret, "MissingAuthenticationTokenException"},
		{"POST", "/", "AWS4-HMAC-SHA256", "IncompleteSignatureException"},
		{"GET", "/v1/keys", "", "MissingAuthenticationTokenException"},
		{"GET", "/v1/keys", "Basic YTpi", "MissingAuthenticationTokenException"},
		{"GET", "/v1/keys", "Bearer " + admin.ID + ":" + admin.Secret[1:], "UnrecognizedClientException"},
		{"GET", "/v1/keys", "Bearer " + admin.ID, "UnrecognizedClientException"},
		{"GET", "/v1/keys", "Bearer :", "UnrecognizedClientException"},
		{"GET", "/v1/keys", "Bearer " + admin.ID + ":" + admin.Secret, ""},
		{"POST", "/v1/bootstrap", "", "MissingAuthenticationTokenException"},
		{"POST", "/v1/peer/stats", "Bearer " + admin.ID + ":" + admin.Secret, "AccessDeniedException"},
		{"POST", "/v1/agent/stream?instance=i1", "Bearer " + admin.ID + ":" + admin.Secret, "AccessDeniedException"},
		{"GET", "/v1//health", "", "MissingAuthenticationTokenException"},
		{"GET", "/v1/agent/certificate/../../keys", "", "MissingAuthenticationTokenException"},
	} {
		r := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), test.method, s.http.URL+test.path, http.NoBody))
		if test.authorization != "" {
			r.Header.Set("Authorization", test.authorization)
		}
		r.Header.Set(headerCaller, "server/forged")
		if code := ask(t, r); code != test.code {
			t.Errorf("%s %s with %q: %q, want %q", test.method, test.path, test.authorization, code, test.code)
		}
	}
}

// ask gives the code of a refusal.
// A key that a server does not know may be one that it does not know yet: clients are to try again.
func TestKeysOfAServerThatIsBehind(t *testing.T) {
	s := newSecured(t)
	key := s.key(t, `{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`)
	for _, behind := range []bool{false, true} {
		s.behind = behind
		for id, want := range map[string]int{key.ID: http.StatusOK, "AKIANOSUCH": map[bool]int{false: http.StatusForbidden, true: http.StatusServiceUnavailable}[behind]} {
			r := must[*http.Request](t)(http.NewRequest(http.MethodGet, s.http.URL+"/v1/members", nil))
			r.Header.Set("Authorization", "Bearer "+id+":"+key.Secret)
			answer := must[*http.Response](t)(http.DefaultClient.Do(r))
			answer.Body.Close()
			if answer.StatusCode != want {
				t.Errorf("behind: %v, key %s: the answer is %s", behind, id, answer.Status)
			}
		}
	}
}

func ask(t *testing.T, r *http.Request) string {
	t.Helper()
	resp := must[*http.Response](t)(http.DefaultTransport.RoundTrip(r))
	defer resp.Body.Close()
	return codeOf(must[[]byte](t)(io.ReadAll(resp.Body)))
}

func codeOf(body []byte) string {
	var out struct {
		Type string `json:"__type"`
	}
	_ = json.Unmarshal(body, &out)
	return out.Type
}

// The command line's own client: by token, and signed.
func TestClient(t *testing.T) {
	s := newSecured(t)
	reader := s.key(t, `{"Statement":[{"Effect":"Allow","Action":"gantry:ListTasks","Resource":"arn:aws:gantry:::cluster/dev"}]}`)
	for name, config := range map[string]client.Config{
		"token": {Token: reader.ID + ":" + reader.Secret}, "signature": {Key: client.Key{ID: reader.ID, Secret: reader.Secret}},
	} {
		config.Address = s.http.URL
		c := client.New(config)
		defer c.Close()
		if _, err := c.Tasks(t.Context(), "dev", true); structs.KindOf(err) != structs.KindClusterNotFound {
			t.Errorf("%s: %v; what is allowed is not carried out", name, err)
		}
		if _, err := c.Tasks(t.Context(), "prod", true); structs.KindOf(err) != structs.KindAccessDenied {
			t.Errorf("%s: %v; what is not allowed is carried out", name, err)
		}
		if _, err := c.CreateAccessKey(t.Context(), structs.AccessKeyRequest{Policy: "admin"}); structs.KindOf(err) != structs.KindAccessDenied {
			t.Errorf("%s: %v; a key makes itself a better one", name, err)
		}
	}
}

// as is the TLS of a caller that has shown a certificate.
func (s *secured) as(t *testing.T, role, id string) *tls.ConnectionState {
	t.Helper()
	if role == "" {
		return nil
	}
	if role == security.RoleServer {
		c := must[*tls.Certificate](t)(s.authority.Server(id, nil, time.Now).DialServers().GetClientCertificate(nil))
		return &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{c.Leaf}}}
	}
	key := must[security.AgentKey](t)(s.secret.AgentKey())
	request := must[security.Enrolment](t)(must[*security.AgentCertificate](t)(security.NewAgentCertificate(key)).Request(time.Now()))
	chain := must[[][]byte](t)(s.authority.Enrol(key, request, id, time.Now()))
	return &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{must[*x509.Certificate](t)(x509.ParseCertificate(chain[0]))}}}
}

// TestCertificates: servers may do everything, agents what is theirs; what a server passes on
// counts as who called it, and nobody else's word is taken for that.
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

// TestAudit: each write leaves a line, however it went; reads leave none.
func TestAudit(t *testing.T) {
	s := newSecured(t)
	admin, reader := s.key(t, "admin"), s.key(t, "read-only")
	create(t, s.sdk(admin.ID, admin.Secret, ""), "prod")
	create(t, s.sdk(reader.ID, reader.Secret, ""), "prod")
	create(t, s.sdk(admin.ID, reader.Secret, ""), "prod")
	if _, err := s.sdk(admin.ID, admin.Secret, "").DeleteCluster(t.Context(), &sdk.DeleteClusterInput{Cluster: aws.String("none")}); err == nil {
		t.Error("deleted what is not there")
	}
	if _, err := s.sdk(admin.ID, admin.Secret, "").ListClusters(t.Context(), &sdk.ListClustersInput{}); err != nil {
		t.Error(err)
	}
	if _, err := s.sdk(admin.ID, admin.Secret, "").DiscoverPollEndpoint(t.Context(), &sdk.DiscoverPollEndpointInput{}); err != nil {
		t.Error(err)
	}
	tagged := &sdk.CreateClusterInput{ClusterName: aws.String("tagged"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}
	// which is asked about twice
	if _, err := s.sdk(admin.ID, admin.Secret, "").CreateCluster(t.Context(), tagged); err != nil {
		t.Error(err)
	}
	c := client.New(client.Config{Address: s.http.URL, Token: admin.ID + ":" + admin.Secret})
	defer c.Close()
	if err := c.RevokeAccessKey(t.Context(), reader.ID); err != nil {
		t.Error(err)
	}
	var got []string
	for line := range bytes.Lines(must[[]byte](t)(os.ReadFile(s.audit))) {
		var l struct {
			Who, Action, Result, From, Key string
			Resources                      []string
		}
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		if l.From != "127.0.0.1" || (l.Who == "unknown") != (l.Key == "") {
			t.Errorf("%s", line)
		}
		got = append(got, fmt.Sprint(l.Who, " ", l.Action, " ", l.Resources, " ", l.Result))
	}
	user := control.UserARN(&admin.AccessKey)
	want := []string{
		user + " ecs:CreateCluster [arn:aws:ecs:us-east-1:000000000000:cluster/prod] ok",
		user + " ecs:CreateCluster [arn:aws:ecs:us-east-1:000000000000:cluster/prod] AccessDeniedException",
		"unknown ecs:CreateCluster [] InvalidSignatureException",
		user + " ecs:DeleteCluster [arn:aws:ecs:us-east-1:000000000000:cluster/none] ClusterNotFoundException",
		user + " ecs:CreateCluster [arn:aws:ecs:us-east-1:000000000000:cluster/tagged] ok",
		user + " gantry:RevokeAccessKey [arn:aws:gantry:::key/" + reader.ID + "] ok",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the audit log has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A full audit log is put aside, four of them, and no line is lost on the way.
func TestAuditRotates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	a := must[*Audit](t)(OpenAudit(path, slog.New(slog.DiscardHandler)))
	a.file.limit = 10
	for n := range 7 {
		fmt.Fprintf(a.file, "line %d\n", n)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"": "line 6\n", ".1": "line 5\n", ".2": "line 4\n", ".3": "line 3\n", ".4": "line 2\n"} {
		if got := must[[]byte](t)(os.ReadFile(path + name)); string(got) != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
	if _, err := os.Stat(path + ".5"); err == nil {
		t.Error("a fifth is kept")
	}
}
