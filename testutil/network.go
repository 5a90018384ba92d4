package testutil

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"time"
)

// Network connects hosts in memory, with streams and packets, and waits for nothing real under fake
// time. A Link describes what happens to what one host sends to another.
type Network struct {
	mu        sync.Mutex
	listeners map[string]*netListener // by host:port
	packets   map[string]*packetPort  // by host:port
	links     map[[2]string]Link      // by hosts, from → to
	down      map[string]outage       // hosts that send nothing
	// hosts whose processes are stopped, with the packets that arrived for them
	frozen map[string][]func()
	conns  map[*netConn]bool
	random *rand.Rand
	filter func(from, to string) bool // nil: everything passes
}

// NewNetwork returns a network without hosts.
func NewNetwork() *Network {
	return &Network{
		listeners: map[string]*netListener{}, packets: map[string]*packetPort{}, links: map[[2]string]Link{}, down: map[string]outage{},
		frozen: map[string][]func(){}, conns: map[*netConn]bool{}, random: rand.New(rand.NewPCG(1, 1)),
	}
}

// Listen accepts streams at host:port.
func (n *Network) Listen(address string) net.Listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &netListener{network: n, address: address, conns: make(chan net.Conn, 64), closed: make(chan struct{})}
	n.listeners[address] = l
	return l
}

// Dialer returns the dial function of a host, with a timeout.
func (n *Network) Dialer(host string, timeout time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, _, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return n.dial(ctx, host, address)
	}
}

func (n *Network) dial(ctx context.Context, from, address string) (net.Conn, error) {
	to, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	failed := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	// the packet that opens a connection is sent again and again
	for n.Frozen(from) || !n.linked(from, to) || !n.linked(to, from) {
		if n.Frozen(from) { // its clock stands still
			time.Sleep(100 * time.Millisecond)
			continue
		}
		select {
		case <-ctx.Done():
			return nil, failed(ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down[from] != up {
		return nil, failed(syscall.ENETUNREACH)
	}
	l := n.listeners[address]
	if l == nil {
		return nil, failed(syscall.ECONNREFUSED)
	}
	near, far := n.pair(from, to)
	select {
	case l.conns <- far:
		return near, nil
	default:
		delete(n.conns, near)
		delete(n.conns, far)
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
