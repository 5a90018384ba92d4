package access

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go"

	door "github.com/gantry-project/gantry/aws"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/httpapi"
	"github.com/gantry-project/gantry/internal/route"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/server"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

const hops = "Gantry-Hops"

// secured is a server with a gate.
type secured struct {
	*singlenode.Node
	http      *httptest.Server
	audit     string
	secret    security.Secret
	authority *security.Authority
	now       time.Time // the gate's clock; zero: the real one
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
	s := &secured{secret: security.NewSecret(), audit: filepath.Join(t.TempDir(), "server", "audit.log")}
	s.authority = must[*security.Authority](t)(s.secret.Authority())
	sealer := must[*security.Sealer](t)(s.secret.Sealer())
	sessions := must[*security.Sessions](t)(s.secret.Sessions())
	s.Node = singlenode.New(t, func(c *control.Config) { c.Sealer, c.Sessions, c.Leases, c.Now = sealer, sessions, leases{}, time.Now })
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	audit := must[*Audit](t)(OpenAudit(s.audit, log))
	g := New(Config{Keys: s.Control.AccessKey, Session: s.Control.Session, Secrets: sealer, SignedFor: door.SignedFor, ActionOf: door.ActionOf, Refuse: door.Refuse, Audit: audit, Logger: log, Behind: func() bool { return s.behind }, Now: func() time.Time {
		if s.now.IsZero() {
			return time.Now()
		}
		return s.now
	}})
	routes := s.routes(log)
	s.http = httptest.NewServer(g.Receive(hops, g.Check(routes)))
	t.Cleanup(func() {
		s.http.Close()
		if err := audit.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// routes returns the routes of a server. Nothing answers those for servers.
func (s *secured) routes(log *slog.Logger) *route.Table {
	peers := new(server.Server).Peers().Routes()
	for n := range peers {
		peers[n].Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	}
	front := func(http.ResponseWriter, *http.Request) {}
	return route.New(
		route.Route{Pattern: "/v1/", Handler: httpapi.New(httpapi.Config{
			Control: s.Control, Vault: s.Vault, Certificates: s.Certificates, Ready: func() error { return nil }, Logger: log, Closing: make(chan struct{}), Server: process{},
			Members: func() []structs.Member { return nil }, Leader: func() string { return "10.0.0.1:5747" },
		})},
		route.Route{Pattern: "/v1/peer/", Who: route.Server, Handler: route.New(peers...)},
		route.Route{Pattern: "GET /{$}", AWS: true, Handler: http.HandlerFunc(front)},
		route.Route{Pattern: "/", AWS: true, Handler: door.New(door.Config{Control: s.Control, Vault: s.Vault, Certificates: s.Certificates, Logger: log})},
	)
}

// process stands in for a server process. It does whatever it is asked.
type process struct{}

func (process) RaftPeers(context.Context) (peers structs.PeerList) { return peers }
func (process) Leave(context.Context) error                        { return nil }
func (process) SaveSnapshot(context.Context, io.Writer) error      { return nil }
func (process) RotateGossipKey(context.Context) (done structs.GossipRotation, err error) {
	return done, nil
}
func (process) RestoreSnapshot(context.Context, io.Reader, bool) (info structs.SnapshotInfo, err error) {
	return info, nil
}

// leases never has an evaluation to lend.
type leases struct{}

func (leases) NextLease(context.Context, string) (*structs.Lease, error) { return nil, nil }
func (leases) PlanLease(context.Context, string, structs.LeasePlan) (*structs.LeasePlanned, error) {
	return nil, nil
}
func (leases) AckLease(context.Context, string, string) error  { return nil }
func (leases) NackLease(context.Context, string, string) error { return nil }

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

// ask returns the code of a refusal; empty if the call was not refused.
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

// as returns the TLS state of a caller that has shown a certificate.
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
