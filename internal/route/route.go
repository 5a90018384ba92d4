// Package route describes what a server can be asked over HTTP: for each route who may call, where
// the call is answered, and how its body travels. The doors declare their routes; the gate and the
// forwarding of calls look them up, so that nobody else knows a path.
package route

import "net/http"

// A Route is one thing that a server can be asked. The zero values of Who, Where and Body hold for
// paths that no route has.
type Route struct {
	// Pattern is matched as http.ServeMux does: "GET /v1/jobs/{name}".
	Pattern string
	Who     Who
	// Action is what the caller's policy must allow, as SERVICE:ACTION. Empty: no policy is checked
	// before the handler is called.
	Action string
	// Resource returns the resource of the action; empty: the action is on none in particular. If
	// Resource is nil and Action is not, the resource stands in the body, so the handler checks the
	// policy.
	Resource func(*http.Request) (string, error)
	Where    Where
	Body     Body
	// AWS is true for the AWS APIs: callers sign for the service that they ask, and refusals are in
	// its protocol. False: the native API, which also takes tokens.
	AWS bool
	// Quiet keeps calls out of the audit log, which records all others except GETs. They change
	// nothing, or are repeated all the time.
	Quiet bool
	// Handler answers. If it is itself a Table, its routes go first, and this route holds for paths
	// that it does not know.
	Handler http.Handler
}

// ServeHTTP answers with the handler.
func (r *Route) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.Handler.ServeHTTP(w, req) }

// Who may call a route. Servers may call every route. If the gate is open (--insecure), so may
// everyone.
type Who int

const (
	// Key is for holders of access keys whose policy allows the action.
	Key Who = iota
	// KeyOrAgent is for the same, and for every agent.
	KeyOrAgent
	// Agent is for the agent of the container instance that the parameter "instance" names.
	Agent
	// AnyAgent is for agents. The container instance stands in the body, so the handler checks that
	// it is the agent's own.
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

// Body is how the body of a call travels to the leader.
type Body int

const (
	// Held: it is read first, so that it can be sent again if the leader changes.
	Held Body = iota
	// Streamed: it is sent once, as it comes, because it may be too large to hold, or have no end.
	Streamed
)
