package balancer

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/gantry-project/gantry/structs"
)

// portKey is a port of this machine.
type portKey struct {
	network string // tcp or udp
	number  int32
}

func (k portKey) String() string { return k.network + " " + strconv.Itoa(int(k.number)) }

// plan says what a port serves. It never changes: a frame makes a new one.
type plan struct {
	kind      string      // the protocol: HTTP, HTTPS, TCP, TLS or UDP
	listeners []*listener // oldest first; those of TCP, TLS and UDP are alone
}

// form is what cannot change while a port is open: it is closed then, and opened again on the same
// socket.
func (p *plan) form() string {
	l := &p.listeners[0].spec.Listener
	form := p.kind
	if p.kind == structs.ProtocolHTTPS || p.kind == structs.ProtocolTLS {
		form += " " + l.SSLPolicy + " " + strings.Join(l.ALPN, ",")
	}
	if p.kind == structs.ProtocolHTTPS {
		form += " " + structs.AttributeOf(p.listeners[0].spec.LoadBalancer.Attributes, "routing.http2.enabled")
		form += " " + structs.AttributeOf(l.Attributes, structs.AttributeHTTP3)
	}
	return form
}

// port is an open port.
type port struct {
	balancer *Balancer
	key      portKey
	kind     string
	form     string
	plan     atomic.Pointer[plan]
	socket   net.Listener // nil for UDP
	changed  func()       // called after plan changed
	// stop has no new connection come. It returns at once; finish waits for those that are open,
	// and ends what is left when ctx ends.
	stop   func()
	finish func(ctx context.Context)
}

// plansOf decides who has which port. Listeners of HTTP share a port, and so do those of HTTPS. Any
// other conflict is decided for the older listener, as it is in use: problems has the others.
func plansOf(listeners map[string]*listener, problems map[string]string) map[portKey]*plan {
	list := make([]*listener, 0, len(listeners))
	for _, l := range listeners {
		list = append(list, l)
	}
	slices.SortFunc(list, func(x, y *listener) int {
		a, b := &x.spec.Listener, &y.spec.Listener
		return cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	plans := map[portKey]*plan{}
	for _, l := range list {
		protocol, number := l.spec.Listener.Protocol, l.spec.Listener.Port
		switch protocol {
		case structs.ProtocolTCPUDP:
			claim(plans, portKey{"tcp", number}, structs.ProtocolTCP, l, problems)
			claim(plans, portKey{"udp", number}, structs.ProtocolUDP, l, problems)
		case structs.ProtocolUDP:
			claim(plans, portKey{"udp", number}, protocol, l, problems)
		default:
			claim(plans, portKey{"tcp", number}, protocol, l, problems)
		}
	}
	return plans
}

// claim gives a port to a listener, or notes why not.
func claim(plans map[portKey]*plan, key portKey, kind string, l *listener, problems map[string]string) {
	p := plans[key]
	shared := kind == structs.ProtocolHTTP || kind == structs.ProtocolHTTPS
	switch {
	case p == nil:
		plans[key] = &plan{kind: kind, listeners: []*listener{l}}
	case p.kind == kind && shared:
		p.listeners = append(p.listeners, l)
	default:
		problems[l.spec.Listener.ID] = fmt.Sprintf("%s port %d belongs to the older %s listener of load balancer %s: "+
			"all load balancers share the addresses of ingress instances, and only HTTP or HTTPS listeners share a port",
			key.network, key.number, p.kind, p.listeners[0].spec.LoadBalancer.Name)
	}
}

// arrange opens and closes ports as the listeners need them. b.mu is held.
func (b *Balancer) arrange() {
	problems := map[string]string{}
	plans := plansOf(b.listeners, problems)
	sockets := map[portKey]net.Listener{} // of ports that go on in another form
	for key, p := range b.ports {
		want := plans[key]
		if want != nil && want.form() == p.form {
			continue
		}
		if want != nil && p.socket != nil {
			if again, err := duplicate(p.socket); err == nil {
				sockets[key] = again
			}
		}
		b.end(p, false)
		delete(b.ports, key)
	}
	for key, want := range plans {
		p := b.ports[key]
		if p != nil {
			if old := p.plan.Swap(want); p.changed != nil && !slices.Equal(old.listeners, want.listeners) {
				p.changed()
			}
			continue
		}
		p, err := b.open(key, want, sockets[key])
		if err != nil {
			for _, l := range want.listeners {
				problems[l.spec.Listener.ID] = fmt.Sprintf("cannot listen: %v; trying again every second", err)
			}
			continue
		}
		b.ports[key] = p
	}
	b.note(problems)
}

// note keeps the problems of listeners, and logs those that are new, and their ends.
func (b *Balancer) note(problems map[string]string) {
	for id, text := range problems {
		if b.problems[id] != text {
			l := b.listeners[id].spec
			b.log.Warn("a listener is not served here", "loadBalancer", l.LoadBalancer.Name, "listener", id,
				"port", l.Listener.Port, "problem", text)
		}
	}
	for id := range b.problems {
		if _, still := problems[id]; !still && b.listeners[id] != nil {
			b.log.Info("a listener is served now", "listener", id)
		}
	}
	b.problems = problems
}

// open opens a port, on a socket that is open already if it is not nil.
func (b *Balancer) open(key portKey, want *plan, socket net.Listener) (*port, error) {
	p := &port{balancer: b, key: key, kind: want.kind, form: want.form(), socket: socket}
	p.plan.Store(want)
	address := net.JoinHostPort(b.cfg.Address, strconv.Itoa(int(key.number)))
	if key.network == "udp" {
		return p, p.serveUDP(address)
	}
	if p.socket == nil && b.cfg.Sockets != nil {
		p.socket = b.cfg.Sockets.Take("tcp " + address)
	}
	if p.socket == nil {
		socket, err := b.cfg.Listen(address)
		if err != nil {
			return nil, err
		}
		p.socket = socket
	}
	switch p.kind {
	case structs.ProtocolHTTP, structs.ProtocolHTTPS:
		p.serveHTTP()
	default:
		p.serveTCP()
	}
	b.log.Info("a port of load balancers is open", "port", key.number, "protocol", p.kind)
	return p, nil
}

// end has a port take nothing new, and lets what is open there end. With hand its socket is kept
// for the next process, if that can be.
func (b *Balancer) end(p *port, hand bool) {
	if hand && p.socket != nil && b.cfg.Sockets != nil {
		address := net.JoinHostPort(b.cfg.Address, strconv.Itoa(int(p.key.number)))
		if err := b.cfg.Sockets.Keep("tcp "+address, p.socket); err != nil {
			b.log.Warn("connections are refused until the agent runs again", "port", p.key.number, "error", err)
		}
	}
	p.stop()
	b.closing.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), b.cfg.Grace)
		defer cancel()
		p.finish(ctx)
	})
}
