// Package access is the gate of a secured server: it finds out who calls, and writes down who
// changed what. What a caller may do is asked by the doors (control.Authorize), which know what a
// call is about.
//
// Servers and agents show certificates, everyone else an access key: signed as AWS's clients do
// (SigV4), or under /v1 also as "Authorization: Bearer ID:SECRET".
package access

import (
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

// Keys finds the access key of an id; nil where there is none.
type Keys func(id string) *structs.AccessKey

// Opener opens what was sealed.
type Opener interface {
	Open(name string, sealed []byte) ([]byte, error)
}

// Config is what a Gate needs.
type Config struct {
	Keys Keys
	// Behind says whether there may be keys that Keys does not know yet. Nil: never.
	Behind func() bool
	// Secrets opens the secrets of keys. Nil: any caller may do everything (--insecure).
	Secrets Opener
	// SignedFor returns the service that a call of AWS's clients must be signed for; empty: any, as
	// what it is signed for is what it asks. Nil: ecs.
	SignedFor func(*http.Request) string
	// Refuse answers a call of AWS's clients with an error, in the protocol of its caller. The code
	// is that of a JSON service. Nil: in AWS JSON.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, code, message string)
	// Audit is where writes are written down.
	Audit  *Audit
	Logger *slog.Logger
	Now    func() time.Time // nil: the system's clock
}

// Gate lets callers in. Safe for concurrent use.
type Gate struct{ Config }

// New makes a Gate.
func New(c Config) *Gate {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Behind == nil {
		c.Behind = func() bool { return false }
	}
	if c.SignedFor == nil {
		c.SignedFor = func(*http.Request) string { return "ecs" }
	}
	return &Gate{c}
}

// What a server tells the leader of a call that it passes on: whose certificate was shown, if any,
// and from where it came. Receive makes them true; nobody else's word is taken.
const (
	headerCaller = "Gantry-Caller" // ROLE/ID
	headerFrom   = "Gantry-From"   // IP address
)

// Receive comes before the forwarding of calls. hops is the header by which servers mark what they
// pass on.
func (g *Gate) Receive(hops string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, shown := security.CallerOf(r.TLS)
		if who.Role == security.RoleServer && r.Header.Get(hops) != "" {
			next.ServeHTTP(w, r) // the server that passed it on has done this
			return
		}
		r.Header.Del(headerCaller)
		if shown {
			r.Header.Set(headerCaller, who.Role+"/"+who.ID)
		}
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			host = r.RemoteAddr
		}
		r.Header.Set(headerFrom, host)
		next.ServeHTTP(w, r)
	})
}

// Check comes after the forwarding, on the server that carries the call out.
func (g *Gate) Check(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, err := g.caller(r)
		if err == nil && !mayEnter(caller, r) {
			err = errElsewhere
		}
		if caller == nil {
			caller = &control.Caller{ARN: "unknown"}
		}
		caller.Action = actionOf(r)
		if err != nil {
			seen := &watcher{ResponseWriter: w}
			g.refuse(seen, r, err)
			g.Audit.note(r, caller, seen)
			return
		}
		r = r.WithContext(control.WithCaller(r.Context(), caller))
		if r.Method == http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		seen := &watcher{ResponseWriter: w}
		next.ServeHTTP(seen, r)
		g.Audit.note(r, caller, seen)
	})
}

// caller finds out who calls. It fails with a *sigv4.Refusal, or another error to tell the caller.
func (g *Gate) caller(r *http.Request) (*control.Caller, error) {
	role, id, _ := strings.Cut(r.Header.Get(headerCaller), "/")
	switch {
	case role == security.RoleServer:
		return &control.Caller{ARN: "server/" + id}, nil
	case role == security.RoleAgent:
		return &control.Caller{ARN: "agent/" + id, Instance: id, Policy: agentPolicy()}, nil
	case open(r):
		return &control.Caller{ARN: "anonymous", Policy: &structs.Policy{}}, nil
	case g.Secrets == nil:
		return &control.Caller{ARN: "anonymous"}, nil
	}
	key, err := g.credentials(r)
	if err != nil {
		return nil, err
	}
	return &control.Caller{ARN: control.UserARN(key), Key: key.ID, Policy: &key.Policy}, nil
}

// agentPolicy is what agents may do outside their own endpoints.
func agentPolicy() *structs.Policy {
	return &structs.Policy{Statement: []structs.Statement{
		{Effect: structs.EffectAllow, Action: []string{"gantry:ListMembers"}, Resource: []string{structs.AnyResource}},
	}}
}

// open says whether a call needs no credentials: whether the process lives, and an agent's asking
// for its certificate.
func open(r *http.Request) bool {
	return r.URL.Path == "/v1/health" && r.Method == http.MethodGet || r.URL.Path == "/v1/agent/certificate"
}

// mayEnter keeps the endpoints of agents and servers to them, and agents to their own.
func mayEnter(c *control.Caller, r *http.Request) bool {
	path := r.URL.Path
	switch {
	case open(r) || c.Policy == nil:
		return true // servers, and anybody where the gate is open
	case strings.HasPrefix(path, "/v1/peer/"):
		return false
	case strings.HasPrefix(path, "/v1/agent/"):
		instance := r.URL.Query().Get("instance")
		return c.Instance != "" && (instance == c.Instance || path == "/v1/agent/register")
	case c.Instance != "":
		return path == "/v1/members"
	}
	return true
}
