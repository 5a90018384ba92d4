package proxy

import (
	"net/netip"
	"sync/atomic"
	"time"
)

// Router decides what happens to requests. It must be safe for concurrent use.
type Router interface {
	// Route is called once for each request, when its head is complete. Head is valid only until
	// the request ends.
	Route(Head) Decision
}

// Head is the head of a request, for a Router to look at.
type Head interface {
	Method() string
	Host() string // as the client sent it, with the port if it named one
	Path() string // as the client sent it, without the query string
	Query() string
	// Header returns the values of a header by name, in any case.
	Header(name string) []string
	Client() netip.AddrPort // by PROXY protocol, if the listener accepts it
	TLS() bool
}

// Refuser is what a Router may also be: it hears of requests that never came to Route, since they
// were malformed or not complete in time.
type Refuser interface {
	Refused(client netip.AddrPort, o Outcome)
}

// Decision is what a Router decided. If Forward is nil, the other fields are the answer.
type Decision struct {
	Forward Forward
	Status  int
	Header  [][2]string
	Body    string
	// Observe, if not nil, is called once when the request has ended.
	Observe func(Outcome)
}

// Forward is one request on its way to a target.
type Forward interface {
	// Next returns a target to try, or nil if there is no (other) one: the answer is 503 if none
	// was tried, or else 502, or 504 if the last one could not be connected to in time. It is
	// called again only if no target can have seen the request, since no connection could be made
	// or nothing could be written to it, or if the target closed a kept connection before any part
	// of an answer, and the request has no body and an idempotent method (RFC 9110 9.2.2); that is
	// tried on a new connection to the same target first. It counts the request as open on the
	// target until Done.
	Next() *Target
	// Done is called once for each target that Next returned, with the error of the connection, if
	// that is why another is tried or the answer is 502 or 504.
	Done(t *Target, err error)
	// Cookies returns Set-Cookie values to add to the answer of a target (stickiness).
	Cookies(t *Target) []string
}

// Target is a target as the proxy needs it. A Router returns the same pointer for the same target,
// which keeps its idle connections.
type Target struct {
	Address string // host:port
	// Protocol is HTTP1, HTTP2 or GRPC.
	Protocol string
	TLS      bool // certificates of targets are not verified, as elbv2 does not
	// Open is how many requests are open on it. The proxy does not touch it.
	Open atomic.Int64
	// Pool keeps the proxy's connections. Close it when the target is gone.
	Pool Pool
}

// Settings are those of a listener, from the attributes of its load balancer.
type Settings struct {
	IdleTimeout  time.Duration // of connections; default 60 s
	HeaderBytes  int           // the most of a request's head; default 64 KiB
	KeepHost     bool          // preserve_host_header
	ForwardedFor string        // append, preserve or remove
	ClientPort   bool          // X-Forwarded-For with the client's port
	DropInvalid  bool          // header names outside [A-Za-z0-9-] are dropped
	Desync       string        // monitor, defensive or strictest
	HTTP2        bool
	PlainHTTP2   bool  // all connections without TLS are HTTP/2, from their first byte on
	MaxBody      int64 // bytes; zero: no limit
	// AltSvc, if not empty, is the header Alt-Svc of answers over TLS, such as h3=":443".
	AltSvc string
}

// Outcome describes a request that ended, for access logs and metrics.
type Outcome struct {
	Target        *Target // the last one tried; nil if none
	Status        int     // the client's; zero: it went away before
	TargetStatus  int     // zero: none
	BytesIn       int64
	BytesOut      int64
	Start         time.Time
	ToTarget      time.Duration // until the request was sent to the target
	TargetTime    time.Duration // until the head of the answer came
	ToClient      time.Duration // until the head was sent on
	Protocol      string        // HTTP/1.1, HTTP/2.0, HTTP/3.0 or websocket
	TLSProtocol   string
	TLSCipher     string
	Problem       string // for people; empty if all went well
	CloseByTarget bool
	TraceID       string // the header X-Amzn-Trace-Id as the target got it
	// Class is how a request that is not wholly in order was taken: Acceptable, Ambiguous or Severe
	// (elbv2), with ClassReason; empty for the others.
	Class       string
	ClassReason string
}
