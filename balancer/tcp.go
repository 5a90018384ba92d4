package balancer

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// The times of TCP and TLS listeners.
const (
	dialTimeout      = 4 * time.Second
	handshakeTimeout = 10 * time.Second
	tcpIdle          = 350 * time.Second // elbv2's tcp.idle_timeout.seconds
	idleCheck        = 10 * time.Second
)

// streams is what a port of TCP or TLS serves.
type streams struct {
	*port
	tls  *tls.Config // nil: TCP
	work sync.WaitGroup
	ends chan struct{} // closed when the port takes nothing new

	mu    sync.Mutex
	flows map[*flow]bool
}

// flow is one connection of a client, and the one to its target.
type flow struct {
	client, server net.Conn // server is nil until a target was reached
	target         *target
	in, out        int64
}

func (f *flow) close() {
	f.client.Close()
	if f.server != nil {
		f.server.Close()
	}
}

// serveTCP passes connections on: bytes for TCP, and what is in TLS for TLS.
func (p *port) serveTCP() {
	s := &streams{port: p, flows: map[*flow]bool{}, ends: make(chan struct{})}
	if p.kind == structs.ProtocolTLS {
		s.tls = p.balancer.tlsConfig(p)
		s.tls.NextProtos = append(alpn(p.plan.Load().listeners[0].spec.Listener.ALPN), s.tls.NextProtos...)
	}
	s.work.Go(s.accept)
	s.work.Go(s.endIdle)
	p.stop = func() {
		p.socket.Close()
		close(s.ends)
	}
	p.finish = s.finish
}

// alpn returns the protocols of an ALPN policy (elbv2).
func alpn(policy []string) []string {
	switch {
	case slices.Contains(policy, "HTTP1Only"):
		return []string{"http/1.1", "http/1.0"}
	case slices.Contains(policy, "HTTP2Only"):
		return []string{"h2"}
	case slices.Contains(policy, "HTTP2Optional"):
		return []string{"http/1.1", "http/1.0", "h2"}
	case slices.Contains(policy, "HTTP2Preferred"):
		return []string{"h2", "http/1.1", "http/1.0"}
	}
	return nil
}

func (s *streams) accept() {
	l := &room{s.socket, s.byProxy}
	for pause := time.Duration(0); ; {
		c, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			s.work.Go(func() { s.serve(c) })
		case errors.Is(err, net.ErrClosed):
			return
		default: // such as too many open files
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			select {
			case <-time.After(pause):
			case <-s.ends:
				return
			}
		}
	}
}

// serve passes one connection on.
func (s *streams) serve(c net.Conn) {
	l := s.plan.Load().listeners[0]
	l.requests.Add(1)
	l.open.Add(1)
	defer l.open.Add(-1)
	f := &flow{client: c}
	s.mu.Lock()
	s.flows[f] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.flows, f)
		s.mu.Unlock()
		f.close()
	}()
	begun := time.Now()
	if s.tls != nil {
		secure := tls.Server(c, s.tls)
		ctx, cancel := context.WithTimeout(context.Background(), handshakeTimeout)
		defer cancel()
		if secure.HandshakeContext(ctx) != nil {
			l.errors.Add(1)
			return
		}
		f.client = secure
	}
	g := s.groupOf(l)
	if g == nil {
		l.errors.Add(1)
		return
	}
	g.requests.Add(1)
	if !s.connect(f, g) {
		l.errors.Add(1)
		return
	}
	defer f.target.forget(f)
	took := time.Since(begun)
	l.answered(took, structs.LatencyBucket(took.Seconds()))
	f.copy()
	for _, c := range []*counters{l.counters, &g.counters, &f.target.counters} {
		c.moved(f.in, f.out)
	}
}

func (s *streams) groupOf(l *listener) *group {
	if l.other == nil || l.other.forward == nil {
		return nil
	}
	if f := l.other.forward; len(f.Groups) > 1 {
		return s.balancer.weighed(f)
	}
	return s.balancer.group(l.other.forward.Groups[0].TargetGroup)
}

// connect reaches a target of a group, and another one if it cannot be connected to.
func (s *streams) connect(f *flow, g *group) bool {
	client := f.client.RemoteAddr()
	host, _, _ := net.SplitHostPort(client.String())
	for tried := []*target(nil); len(tried) < mostTries; {
		var t *target
		if g.settings.Load().sticky == stickySource {
			t = g.bySource(host, tried)
		} else {
			t = g.pick(tried)
		}
		if t == nil {
			g.errors.Add(1)
			return false
		}
		conn, err := t.dial(client, f.client.LocalAddr())
		if err == nil {
			t.worked()
			f.server, f.target = conn, t
			t.mu.Lock()
			t.conns[f] = true
			t.mu.Unlock()
			return true
		}
		g.errors.Add(1)
		t.refused(time.Now())
		t.done()
		tried = append(tried, t)
	}
	return false
}

// dial connects to the target, as its group says.
func (t *target) dial(client, local net.Addr) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", t.Address, dialTimeout)
	if err != nil {
		return nil, err
	}
	settings := t.group.settings.Load()
	if settings.proxyV2 {
		if err := writeProxyHeader(conn, client, local); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	if !settings.secure {
		return conn, nil
	}
	secure := tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) // as elbv2: targets are not verified
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTimeout)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secure, nil
}

// forget ends what connect began.
func (t *target) forget(f *flow) {
	t.mu.Lock()
	delete(t.conns, f)
	t.mu.Unlock()
	t.done()
}

// copy passes bytes on in both directions until both have ended. The end of one is passed on, and
// leaves the other open; an error ends both. Between two TCP connections the kernel moves the
// bytes.
func (f *flow) copy() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.out = f.half(f.client, f.server)
	}()
	f.in = f.half(f.server, f.client)
	<-done
}

func (f *flow) half(to, from net.Conn) int64 {
	n, err := io.Copy(to, from)
	half, ok := to.(interface{ CloseWrite() error })
	if err != nil || !ok || half.CloseWrite() != nil {
		f.close()
	}
	return n
}

// endIdle ends connections over which nothing was sent for the idle timeout of the listener.
func (s *streams) endIdle() {
	tick := time.NewTicker(idleCheck)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.ends:
			return
		}
		attributes := s.plan.Load().listeners[0].spec.Listener.Attributes
		most := seconds(structs.AttributeOf(attributes, "tcp.idle_timeout.seconds"), tcpIdle)
		s.mu.Lock()
		for f := range s.flows {
			if silence(below(f.client)) > most {
				f.close()
			}
		}
		s.mu.Unlock()
	}
}

// below returns the TCP connection that another one is in.
func below(c net.Conn) net.Conn {
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	if header, ok := c.(headerConn); ok {
		if tcp, ok := header.TCPConn(); ok {
			return tcp
		}
	}
	return c
}

// finish waits until all connections have ended, and ends those that are left when ctx ends.
func (s *streams) finish(ctx context.Context) {
	defer context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for f := range s.flows {
			f.close()
		}
	})()
	s.work.Wait()
}
