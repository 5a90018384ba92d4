package balancer

import (
	"net/netip"
	"strings"
	"time"

	"github.com/gantry-project/gantry/balancer/accesslog"
	"github.com/gantry-project/gantry/balancer/match"
	"github.com/gantry-project/gantry/balancer/proxy"
)

// remember keeps what a line of the access log needs of a request's head, which does not outlive
// the request.
func (q *request) remember() {
	h := q.head
	lb := &q.listener.spec.LoadBalancer
	scheme := "http"
	if h.TLS() {
		scheme = "https"
	}
	host := match.HostName(h.Host())
	e := &accesslog.Entry{
		Type: scheme, LoadBalancer: "app/" + lb.Name + "/" + lb.ID, Client: h.Client().String(),
		Method: h.Method(), URL: scheme + "://" + h.Host() + h.Path(), Priority: q.priority, Domain: host, Created: q.begun,
	}
	if h.Query() != "" {
		e.URL += "?" + h.Query()
	}
	if agents := h.Header("User-Agent"); len(agents) > 0 {
		e.UserAgent = agents[0]
	}
	if q.group != nil {
		spec := q.group.spec.Load()
		e.GroupARN = "targetgroup/" + spec.Name + "/" + spec.ID
	}
	switch {
	case q.do == nil:
	case q.do.forward != nil:
		e.Actions = "forward"
	case q.do.redirect != nil:
		e.Actions = "redirect"
		e.Redirect = location(q.do.redirect, h, q.listener.spec.Listener.Port)
	default:
		e.Actions = "fixed-response"
	}
	q.line = e
}

// Refused counts a request that was too malformed to be routed, and logs it: on the oldest listener
// of the port.
func (r router) Refused(client netip.AddrPort, o proxy.Outcome) {
	b, l := r.port.balancer, r.port.plan.Load().listeners[0]
	l.requests.Add(1)
	l.counters.ended(o.Status, o.BytesIn, o.BytesOut)
	if b.cfg.AccessLog == nil {
		return
	}
	lb := &l.spec.LoadBalancer
	q := &request{balancer: b, listener: l, line: &accesslog.Entry{
		Type: strings.ToLower(r.port.kind), LoadBalancer: "app/" + lb.Name + "/" + lb.ID, Client: client.String(),
		Method: "-", URL: "-", Created: o.Start,
	}}
	q.log(o)
}

// log writes the line of a request that ended.
func (q *request) log(o proxy.Outcome) {
	e := q.line
	e.Time, e.Status, e.TargetStatus = time.Now(), o.Status, o.TargetStatus
	e.Received, e.Sent = o.BytesIn, o.BytesOut
	e.Protocol, e.Cipher, e.TLS = o.Protocol, o.TLSCipher, o.TLSProtocol
	e.Problem, e.TraceID, e.Class, e.ClassReason = o.Problem, o.TraceID, o.Class, o.ClassReason
	secure := e.Type == "https"
	switch {
	case o.Protocol == "websocket" && secure:
		e.Type = "wss"
	case o.Protocol == "websocket":
		e.Type = "ws"
	case o.Protocol == "HTTP/2.0" && q.group != nil && q.group.settings.Load().version == "GRPC":
		e.Type = "grpcs"
	case o.Protocol == "HTTP/2.0":
		e.Type = "h2"
	}
	e.RequestTime, e.TargetTime, e.ResponseTime = -1, -1, -1
	if o.Target != nil {
		e.Target = o.Target.Address
		if o.TargetStatus != 0 {
			e.RequestTime = o.ToTarget.Seconds()
			e.TargetTime = o.TargetTime.Seconds()
			e.ResponseTime = max(0, o.ToClient-o.TargetTime-o.ToTarget).Seconds()
		}
	}
	q.balancer.cfg.AccessLog.Write(e)
}
