package balancer

import (
	"strconv"
	"strings"
	"time"

	"github.com/gantry-project/gantry/balancer/match"
	"github.com/gantry-project/gantry/balancer/proxy"
	"github.com/gantry-project/gantry/structs"
)

// router decides on the requests of one port.
type router struct{ port *port }

// ChallengePath begins the paths at which certificate authorities ask over HTTP (RFC 8555, 8.3).
const ChallengePath = "/.well-known/acme-challenge/"

// Route finds the listener, its rule, and what that does.
func (r router) Route(h proxy.Head) proxy.Decision {
	if ask := r.port.balancer.cfg.HTTPChallenge; ask != nil && !h.TLS() && strings.HasPrefix(h.Path(), ChallengePath) {
		if body, ok := ask(h.Host(), h.Path()); ok {
			return proxy.Decision{Status: 200, Header: [][2]string{{"Content-Type", "application/octet-stream"}}, Body: body}
		}
	}
	l := listenerOf(r.port.plan.Load().listeners, h)
	do, priority := l.find(h)
	q := &request{balancer: r.port.balancer, listener: l, head: h, do: do, priority: priority, begun: time.Now()}
	l.requests.Add(1)
	l.open.Add(1)
	decision := proxy.Decision{Status: 503, Observe: q.ended}
	switch {
	case do == nil:
	case do.forward != nil:
		if q.group, q.newGroup = r.port.balancer.groupFor(do.forward, h); q.group != nil {
			q.group.requests.Add(1)
			decision.Forward = q
		}
	case do.redirect != nil:
		decision.Status = do.redirect.Status
		decision.Header = [][2]string{{"Location", location(do.redirect, h, l.spec.Listener.Port)}}
	case do.fixed != nil:
		decision.Status, decision.Body = do.fixed.Status, do.fixed.Body
		if t := do.fixed.ContentType; t != "" {
			decision.Header = [][2]string{{"Content-Type", t}}
		}
	}
	if r.port.balancer.cfg.AccessLog != nil {
		q.remember()
	}
	return decision
}

// location returns the address of a redirect, with the parts of the request put in. A port that is
// the protocol's own is left out.
func location(d *structs.Redirect, h match.Request, port int32) string {
	protocol := "http"
	if tls, ok := h.(interface{ TLS() bool }); ok && tls.TLS() {
		protocol = "https"
	}
	here := strings.NewReplacer(
		"#{protocol}", protocol, "#{host}", match.HostName(h.Host()), "#{port}", strconv.Itoa(int(port)),
		"#{path}", strings.TrimPrefix(h.Path(), "/"), "#{query}", h.Query(),
	)
	part := func(value, otherwise string) string {
		if value == "" {
			value = otherwise
		}
		return here.Replace(value)
	}
	scheme := strings.ToLower(part(d.Protocol, "#{protocol}"))
	to := scheme + "://" + part(d.Host, "#{host}")
	if p := part(d.Port, "#{port}"); !(scheme == "http" && p == "80" || scheme == "https" && p == "443") {
		to += ":" + p
	}
	if path := part(d.Path, "/#{path}"); strings.HasPrefix(path, "/") {
		to += path
	} else {
		to += "/" + path
	}
	query := d.Query
	if query = here.Replace(query); query != "" {
		to += "?" + query
	}
	return oneLine(to)
}

// oneLine takes the bytes out that would end a header.
func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return -1
		}
		return c
	}, text)
}
