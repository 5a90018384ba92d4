package proxy

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	dialTimeout = 10 * time.Second // as elbv2
	maxIdle     = 1024             // connections to one target
	idleKept    = 60 * time.Second // unless the target says otherwise by Keep-Alive: timeout=
	sweepEvery  = 5 * time.Second
	// trusted is for how long an idle connection is taken to be open without a look at it.
	trusted = 5 * time.Millisecond
)

// Pool is the idle connections to one target. The zero value is ready to use.
type Pool struct {
	mu        sync.Mutex
	idle      []*upstream // the one used last is the last
	closed    bool
	sweeper   *time.Timer
	transport *http.Transport // of targets that speak HTTP/2
}

// upstream is one HTTP/1.1 connection to a target.
type upstream struct {
	target *Target
	conn   net.Conn
	in     reader
	out    writer
	reused bool
	until  time.Time // idle connections are closed then
	since  time.Time // it is idle
}

// Close closes the idle connections, and those in use when their requests end.
func (p *Pool) Close() {
	p.mu.Lock()
	idle, transport := p.idle, p.transport
	p.idle, p.closed = nil, true
	if p.sweeper != nil {
		p.sweeper.Stop()
	}
	p.mu.Unlock()
	for _, u := range idle {
		u.conn.Close()
	}
	if transport != nil {
		transport.CloseIdleConnections()
	}
}

// get returns an idle connection, or nil. With look it makes sure that the target has not closed
// it.
func (p *Pool) get(now time.Time, look bool) *upstream {
	for {
		p.mu.Lock()
		n := len(p.idle)
		if n == 0 {
			p.mu.Unlock()
			return nil
		}
		u := p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		if now.Before(u.until) && (!look && now.Sub(u.since) < trusted || u.quiet()) {
			u.reused = true
			return u
		}
		u.conn.Close()
	}
}

// put keeps a connection for another request, for so long.
func (p *Pool) put(u *upstream, kept time.Duration) {
	u.since = time.Now()
	u.until = u.since.Add(kept)
	u.in.release()
	p.mu.Lock()
	keep := !p.closed && len(p.idle) < maxIdle
	if keep {
		p.idle = append(p.idle, u)
		if p.sweeper == nil {
			p.sweeper = time.AfterFunc(sweepEvery, p.sweep)
		}
	}
	p.mu.Unlock()
	if !keep {
		u.conn.Close()
	}
}

// keepAlive returns how long a target is taken to keep an idle connection, by the value of its
// header Keep-Alive: a second less than it says.
func keepAlive(value string) time.Duration {
	for item := range tokens(value) {
		if name, n, _ := strings.Cut(item, "="); equalFold(trim(name), "timeout") {
			if seconds, err := strconv.Atoi(trim(n)); err == nil && seconds >= 0 {
				return min(max(time.Duration(seconds)*time.Second-time.Second, 0), idleKept)
			}
		}
	}
	return idleKept
}

// sweep closes idle connections that are old or that the target closed.
func (p *Pool) sweep() {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.idle[:0]
	for _, u := range p.idle {
		if now.Before(u.until) && u.quiet() {
			kept = append(kept, u)
		} else {
			u.conn.Close()
		}
	}
	clear(p.idle[len(kept):])
	p.idle = kept
	if len(kept) > 0 && !p.closed {
		p.sweeper.Reset(sweepEvery)
	} else {
		p.sweeper = nil
	}
}

// quiet reports whether an idle connection has neither ended nor anything to read.
func (u *upstream) quiet() bool {
	if u.in.buffered() > 0 {
		return false
	}
	c := u.conn
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return true
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	err = raw.Control(func(fd uintptr) {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN
	})
	return err == nil && quiet
}

// dial makes a new connection. A TLS certificate is not verified, as elbv2 does not.
func dial(ctx context.Context, t *Target, protocols ...string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	c, err := dialer.DialContext(ctx, "tcp", t.Address)
	if err != nil || !t.TLS {
		return c, err
	}
	host, _, _ := net.SplitHostPort(t.Address)
	tc := tls.Client(c, &tls.Config{InsecureSkipVerify: true, NextProtos: protocols, ServerName: serverName(host)})
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if err := tc.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return tc, nil
}

// serverName is what a client sends as the name of the host: addresses are not sent.
func serverName(host string) string {
	if net.ParseIP(host) != nil {
		return ""
	}
	return host
}

// newUpstream dials a target that speaks HTTP/1.1.
func newUpstream(t *Target, timeout time.Duration) (*upstream, error) {
	c, err := dial(context.Background(), t, "http/1.1")
	if err != nil {
		return nil, err
	}
	u := &upstream{target: t, conn: c, out: writer{conn: c, timeout: timeout}}
	u.in.reset(c)
	return u, nil
}
