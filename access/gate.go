// Package access is the gate of a secured server: it finds out who is calling, lets in whom a route
// is for, and records who changed what. Whether a policy allows the call is asked by the doors
// (control.Authorize), which know what the call is about.
//
// Servers and agents show certificates; everyone else shows an access key. Requests are signed as
// AWS's clients sign them (SigV4); the native API also takes "Authorization: Bearer ID:SECRET".
package access

import (
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/internal/route"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

// Keys returns the access key with an id; nil if there is none.
type Keys func(id string) *structs.AccessKey

// Session returns the temporary key of a token (control.Control.Session).
type Session func(token string, now time.Time, open bool) (*control.SessionKey, error)

// Opener decrypts what was sealed.
type Opener interface {
	Open(name string, sealed []byte) ([]byte, error)
}

// Config is what a Gate needs. All fields except Session, Behind, Secrets and Now are required.
type Config struct {
	Keys Keys
	// Session returns the temporary keys of roles. Nil: there are none.
	Session Session
	// Behind reports whether there may be keys that Keys does not know yet. Nil: never.
	Behind func() bool
	// Secrets decrypts the secrets of keys. Nil: any caller may do everything (--insecure).
	Secrets Opener
	// SignedFor returns the AWS service that a call must be signed for. Empty: any, as the service
	// that it is signed for is the one that it asks.
	SignedFor func(*http.Request) string
	// ActionOf returns the action that a call of an AWS client asks for, such as "ecs:RunTask";
	// empty if it names none. The body of the call can be read as before.
	ActionOf func(*http.Request) string
	// Refuse answers a call of an AWS client with an error, in the protocol of its caller. The code
	// is that of a JSON service.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, code, message string)
	// Audit records writes. Nil: they are not recorded.
	Audit  *Audit
	Logger *slog.Logger
	Now    func() time.Time // nil: the system's clock
}

// Gate lets callers in. Safe for concurrent use.
type Gate struct{ Config }

// New returns a Gate.
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

// The headers in which a server tells the leader about a call that it forwards: whose certificate
// was shown, if any, and where the call came from. Receive sets them and ignores what callers send.
const (
	headerCaller = "Gantry-Caller" // ROLE/ID
	headerFrom   = "Gantry-From"   // IP address
)

// Receive handles a call before it is forwarded. hops is the header that servers set on what they
// forward.
func (g *Gate) Receive(hops string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, shown := security.CallerOf(r.TLS)
		if who.Role == security.RoleServer && r.Header.Get(hops) != "" {
			next.ServeHTTP(w, r) // the server that forwarded it has done this
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

// Check handles a call on the server that carries it out, after any forwarding. It lets in whom the
// route is for.
func (g *Gate) Check(routes *route.Table) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		of := routes.Of(r)
		caller, err := g.caller(r, of)
		if err == nil && !mayEnter(caller, r, of) {
			err = errElsewhere
		}
		if caller == nil {
			caller = &control.Caller{ARN: "unknown"}
		}
		caller.Action = g.actionOf(r, of)
		if err != nil {
			seen := &watcher{ResponseWriter: w}
			g.refuse(seen, r, of, err)
			g.Audit.note(r, of, caller, seen)
			return
		}
		r = r.WithContext(control.WithCaller(r.Context(), caller))
		if r.Method == http.MethodGet {
			routes.ServeHTTP(w, r)
			return
		}
		seen := &watcher{ResponseWriter: w}
		routes.ServeHTTP(seen, r)
		g.Audit.note(r, of, caller, seen)
	})
}

// caller returns who is calling. It fails with a *sigv4.Refusal, or with another error for the
// caller.
func (g *Gate) caller(r *http.Request, of route.Route) (*control.Caller, error) {
	role, id, _ := strings.Cut(r.Header.Get(headerCaller), "/")
	switch {
	case role == security.RoleServer:
		return &control.Caller{ARN: "server/" + id}, nil
	case role == security.RoleAgent:
		return &control.Caller{ARN: "agent/" + id, Instance: id, Policy: agentPolicy(of)}, nil
	case of.Who == route.Anyone:
		return &control.Caller{ARN: "anonymous", Policy: &structs.Policy{}}, nil
	case g.Secrets == nil:
		return g.anyone(r), nil
	}
	caller, err := g.credentials(r, of)
	if err != nil {
		return nil, err
	}
	return caller, nil
}

// anyone returns the caller of an open gate. The keys of a role name it, though it needs none.
func (g *Gate) anyone(r *http.Request) *control.Caller {
	if token := r.Header.Get(headerToken); token != "" && g.Session != nil {
		if key, err := g.Session(token, g.Now(), true); err == nil {
			return key.Caller
		}
	}
	return &control.Caller{ARN: "anonymous"}
}

// agentPolicy allows an agent the action of a route that agents share with the holders of keys.
func agentPolicy(of route.Route) *structs.Policy {
	if of.Who != route.KeyOrAgent {
		return &structs.Policy{}
	}
	return &structs.Policy{Statement: []structs.Statement{
		{Effect: structs.EffectAllow, Action: []string{of.Action}, Resource: []string{structs.AnyResource}},
	}}
}

// mayEnter reports whether a route is for a caller. The policy of an access key is checked later,
// by the door.
func mayEnter(c *control.Caller, r *http.Request, of route.Route) bool {
	if c.Policy == nil {
		return true // servers, and everyone if the gate is open
	}
	agent := c.Instance != ""
	switch of.Who {
	case route.Anyone, route.KeyOrAgent:
		return true
	case route.Key:
		return !agent
	case route.Agent:
		return agent && r.URL.Query().Get("instance") == c.Instance
	case route.AnyAgent:
		return agent
	default:
		return false
	}
}
