// Package route describes what a server can be asked over HTTP: for each route who may call, where
// the call is answered, and how its body travels. The doors declare their routes; the gate and the
// forwarding of calls look them up, so that nobody else knows a path.
package route

import "net/http"

// A Route is one thing that a server can be asked. The zero values of Who, Where and Body are those
// of a path that no route has.
type Route struct {
	// Pattern is what it is asked with, as for http.ServeMux: "GET /v1/jobs/{name}".
	Pattern string
	Who     Who
	// Action is what the policy of the caller must allow, as SERVICE:ACTION. Empty: no policy is
	// asked before the handler is called.
	Action string
	// Resource returns the resource that the action is on; empty: on none in particular. Nil with an
	// Action: the resource stands in the body, so that the handler asks.
	Resource func(*http.Request) (string, error)
	Where    Where
	Body     Body
	// AWS has the services of AWS that answer here: callers sign for one of them, and refusals have
	// AWS's form. Nil: the native API, which also takes tokens.
	AWS []string
	// Quiet keeps calls out of the audit log, which has all others but GETs: they change nothing, or
	// agents and schedulers repeat them at every moment.
	Quiet bool
	// Handler answers. One that is itself a Table has routes of its own, and those that it does not
	// know are as this one.
	Handler http.Handler
}

// ServeHTTP lets the handler answer.
func (r *Route) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.Handler.ServeHTTP(w, req) }

// Who may call. Servers may call every route, and where the gate is open, everyone may.
type Who int

const (
	// Key is for holders of access keys, as far as their policies go.
	Key Who = iota
	// KeyOrAgent is for holders of access keys, and for every agent.
	KeyOrAgent
	// Agent is for the agent of the container instance that the parameter "instance" names.
	Agent
	// AnyAgent is for agents. The container instance stands in the body, so that the handler checks
	// whether it is the agent's own.
	AnyAgent
	// Server is for servers alone.
	Server
	// Anyone may call without credentials.
	Anyone
)

// Where a call is answered.
type Where int

const (
	// Leader: any server takes the call and forwards it to the leader.
	Leader Where = iota
	// AnyServer: every server gives the same answer.
	AnyServer
	// ThisServer: the call is about the server that is asked.
	ThisServer
)

// Body says how the body of a call travels to the leader.
type Body int

const (
	// Held: it is read first, so that it can be sent again should the leader change.
	Held Body = iota
	// Streamed: it is sent as it comes, once, as it may be too large to hold, or have no end.
	Streamed
)
