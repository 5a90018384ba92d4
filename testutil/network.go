package testutil

import (
	"context"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/gantry-project/gantry/gossip"
)

// Network joins hosts in memory, with streams and packets, and stands still under fake time. Links can be cut, as a cable is:
// nothing arrives, nothing is refused, and what was sent over a stream arrives once the link is mended.
type Network struct {
	mu        sync.Mutex
	listeners map[string]*netListener // by host:port
	packets   map[string]*packetPort  // by host:port
	cut       map[[2]string]bool      // by hosts, from → to
	conns     map[*netConn]bool
}

// NewNetwork makes a network of no hosts.
func NewNetwork() *Network {
	return &Network{
		listeners: map[string]*netListener{}, packets: map[string]*packetPort{}, cut: map[[2]string]bool{}, conns: map[*netConn]bool{},
	}
}

// Cut lets nothing go from one host to another any more, until Mend.
func (n *Network) Cut(from, to string) { n.setCut(from, to, true) }

// Mend undoes Cut.
func (n *Network) Mend(from, to string) { n.setCut(from, to, false) }

func (n *Network) setCut(from, to string, cut bool) {
	n.mu.Lock()
	n.cut[[2]string{from, to}] = cut
	conns := slices.Collect(maps.Keys(n.conns))
	n.mu.Unlock()
	for _, c := range conns {
		c.in.look()
	}
}

func (n *Network) isCut(from, to string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cut[[2]string{from, to}]
}

// Crash ends all that a host has open, as its kernel does when the process dies.
func (n *Network) Crash(host string) {
	n.mu.Lock()
	var gone []io.Closer
	for address, l := range n.listeners {
		if h, _, _ := net.SplitHostPort(address); h == host {
			gone = append(gone, l)
		}
	}
	for c := range n.conns {
		if c.from == host {
			gone = append(gone, c)
		}
	}
	n.mu.Unlock()
	for _, c := range gone {
		c.Close()
	}
}

// Listen takes streams at host:port.
func (n *Network) Listen(address string) net.Listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &netListener{network: n, address: address, conns: make(chan net.Conn, 64), closed: make(chan struct{})}
	n.listeners[address] = l
	return l
}

// Dialer gives the dial function of a host.
func (n *Network) Dialer(host string) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, _, address string) (net.Conn, error) { return n.dial(ctx, host, address) }
}

func (n *Network) dial(ctx context.Context, from, address string) (net.Conn, error) {
	to, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	failed := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for n.isCut(from, to) || n.isCut(to, from) { // a packet that opens a connection is sent again and again
		select {
		case <-ctx.Done():
			return nil, failed(ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	l := n.listeners[address]
	if l == nil {
		return nil, failed(syscall.ECONNREFUSED)
	}
	near, far := n.pair(from, to)
	select {
	case l.conns <- far:
		return near, nil
	default:
		return nil, failed(syscall.ECONNREFUSED)
	}
}

type netListener struct {
	network *Network
	address string
	conns   chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (l *netListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *netListener) Close() error {
	l.once.Do(func() {
		l.network.mu.Lock()
		defer l.network.mu.Unlock()
		if l.network.listeners[l.address] == l {
			delete(l.network.listeners, l.address)
		}
		close(l.closed)
	})
	return nil
}

func (l *netListener) Addr() net.Addr { return netAddr(l.address) }

// netAddr is host:port.
type netAddr string

func (netAddr) Network() string  { return "tcp" }
func (a netAddr) String() string { return string(a) }

// pair makes the two ends of a stream. The network's lock is held.
func (n *Network) pair(from, to string) (near, far *netConn) {
	near = &netConn{network: n, from: from, to: to, in: newPipeBuffer()}
	far = &netConn{network: n, from: to, to: from, in: newPipeBuffer()}
	near.other, far.other = far, near
	n.conns[near], n.conns[far] = true, true
	return near, far
}

// netConn is one end of a stream.
type netConn struct {
	network  *Network
	from, to string // hosts
	other    *netConn
	in       *pipeBuffer // what has come for this end
}

// pipeBuffer holds what is under way. A stream takes as much as is written to it.
type pipeBuffer struct {
	mu       sync.Mutex
	changed  *sync.Cond
	data     []byte
	ended    bool // the other end was closed
	closed   bool // this end was
	deadline time.Time
	timer    *time.Timer
}

func newPipeBuffer() *pipeBuffer {
	b := &pipeBuffer{}
	b.changed = sync.NewCond(&b.mu)
	return b
}

// look makes readers look again.
func (b *pipeBuffer) look() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changed.Broadcast()
}

func (c *netConn) Read(p []byte) (int, error) {
	b := c.in
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		reached := !c.network.isCut(c.to, c.from)
		switch {
		case b.closed:
			return 0, net.ErrClosed
		case reached && len(b.data) > 0:
			n := copy(p, b.data)
			b.data = b.data[n:]
			return n, nil
		case reached && b.ended:
			return 0, io.EOF
		case !b.deadline.IsZero() && !time.Now().Before(b.deadline):
			return 0, os.ErrDeadlineExceeded
		}
		b.changed.Wait()
	}
}

func (c *netConn) Write(p []byte) (int, error) {
	c.in.mu.Lock()
	closed := c.in.closed
	c.in.mu.Unlock()
	b := c.other.in
	b.mu.Lock()
	defer b.mu.Unlock()
	if closed {
		return 0, net.ErrClosed
	}
	if b.closed {
		return 0, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
	}
	b.data = append(b.data, p...)
	b.changed.Broadcast()
	return len(p), nil
}

func (c *netConn) Close() error {
	c.network.mu.Lock()
	delete(c.network.conns, c)
	c.network.mu.Unlock()
	for _, end := range []struct {
		b    *pipeBuffer
		mark *bool
	}{{c.in, &c.in.closed}, {c.other.in, &c.other.in.ended}} {
		end.b.mu.Lock()
		*end.mark = true
		end.b.changed.Broadcast()
		end.b.mu.Unlock()
	}
	return nil
}

func (c *netConn) LocalAddr() net.Addr  { return netAddr(net.JoinHostPort(c.from, "0")) }
func (c *netConn) RemoteAddr() net.Addr { return netAddr(net.JoinHostPort(c.to, "0")) }

func (c *netConn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetWriteDeadline has nothing to do: writes never wait.
func (c *netConn) SetWriteDeadline(time.Time) error { return nil }

func (c *netConn) SetReadDeadline(t time.Time) error {
	b := c.in
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deadline = t
	if b.timer != nil {
		b.timer.Stop()
	}
	if !t.IsZero() {
		b.timer = time.AfterFunc(time.Until(t), b.look)
	}
	b.changed.Broadcast()
	return nil
}

// packetPort takes the packets and streams of a gossip member. It is a gossip.Transport.
type packetPort struct {
	network *Network
	host    string
	address string
	in      chan *gossip.Packet
	streams chan net.Conn
	tcp     net.Listener
	closed  chan struct{}
	once    sync.Once
}

// Gossip makes the transport of a gossip member at host:port.
func (n *Network) Gossip(host string, port int) gossip.Transport {
	address := net.JoinHostPort(host, strconv.Itoa(port))
	p := &packetPort{network: n, host: host, address: address, in: make(chan *gossip.Packet, 1024), streams: make(chan net.Conn), tcp: n.Listen(address), closed: make(chan struct{})}
	n.mu.Lock()
	n.packets[address] = p
	n.mu.Unlock()
	go func() {
		for {
			c, err := p.tcp.Accept()
			if err != nil {
				return
			}
			select {
			case p.streams <- c:
			case <-p.closed:
				c.Close()
				return
			}
		}
	}()
	return p
}

func (p *packetPort) FinalAdvertiseAddr(string, int) (net.IP, int, error) {
	_, port, _ := net.SplitHostPort(p.address)
	number, err := strconv.Atoi(port)
	return net.ParseIP(p.host), number, err
}

func (p *packetPort) WriteTo(b []byte, to string) (time.Time, error) {
	now := time.Now()
	host, _, err := net.SplitHostPort(to)
	if err != nil || p.network.isCut(p.host, host) {
		return now, err
	}
	p.network.mu.Lock()
	defer p.network.mu.Unlock()
	if other := p.network.packets[to]; other != nil {
		select {
		case other.in <- &gossip.Packet{Buf: append([]byte(nil), b...), From: netAddr(p.address), Timestamp: now}:
		default: // a full port drops packets
		}
	}
	return now, nil
}

func (p *packetPort) PacketCh() <-chan *gossip.Packet { return p.in }

func (p *packetPort) DialTimeout(address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return p.network.dial(ctx, p.host, address)
}

func (p *packetPort) StreamCh() <-chan net.Conn { return p.streams }

func (p *packetPort) Shutdown() error {
	p.network.mu.Lock()
	if p.network.packets[p.address] == p {
		delete(p.network.packets, p.address)
	}
	p.network.mu.Unlock()
	p.once.Do(func() { close(p.closed) })
	return p.tcp.Close()
}
