package main

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// What IP adds to each packet, in bytes: the IPv4 header with that of UDP, or with that of TCP and
// its time stamps.
const (
	udpHeaders = 28
	tcpHeaders = 52
)

// traffic is what agents send and receive, in bytes including IP headers, both directions together.
type traffic struct {
	streams int64 // TCP: calls to servers, and the full exchanges of gossip
	packets int64 // UDP: gossip
}

func (t traffic) since(earlier traffic) traffic {
	return traffic{streams: t.streams - earlier.streams, packets: t.packets - earlier.packets}
}

// meter counts the traffic of all agents: UDP itself, and TCP as the kernel counts it, including
// acknowledgements.
type meter struct {
	packets atomic.Int64

	mu     sync.Mutex
	open   map[*net.TCPConn]struct{}
	closed int64 // bytes of closed connections
}

func newMeter() *meter { return &meter{open: map[*net.TCPConn]struct{}{}} }

func (m *meter) packet(size int) { m.packets.Add(int64(size + udpHeaders)) }

// total returns the traffic so far.
func (m *meter) total() traffic {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := traffic{streams: m.closed, packets: m.packets.Load()}
	for c := range m.open {
		t.streams += carried(c)
	}
	return t
}

// dial opens a counted connection.
func (m *meter) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return m.count(c.(*net.TCPConn)), nil
}

const dialTimeout = 5 * time.Second

func (m *meter) count(c *net.TCPConn) net.Conn {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open[c] = struct{}{}
	return &meteredConn{TCPConn: c, meter: m}
}

// meteredConn is a counted connection.
type meteredConn struct {
	*net.TCPConn
	meter *meter
}

// Close closes the connection. Its traffic remains counted.
func (c *meteredConn) Close() error {
	c.meter.forget(c.TCPConn)
	return c.TCPConn.Close() // without the lock, as it waits for readers
}

func (m *meter) forget(c *net.TCPConn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, open := m.open[c]; open {
		m.closed += carried(c)
		delete(m.open, c)
	}
}

// carried returns what a connection has carried, in bytes.
func carried(c *net.TCPConn) (bytes int64) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) { // a closed connection carries no more
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			bytes = int64(info.Bytes_acked+info.Bytes_received) + tcpHeaders*int64(info.Segs_out+info.Segs_in)
		}
	})
	return bytes
}
