package testutil

import (
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// pair returns the two ends of a new stream. The network's lock is held.
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
	in       *pipeBuffer // what arrived for this end
}

// pipeBuffer holds what is under way, without a limit.
type pipeBuffer struct {
	mu       sync.Mutex
	changed  *sync.Cond
	data     []piece
	ended    bool // the other end is closed
	closed   bool // this end is closed
	deadline time.Time
	timer    *time.Timer
}

// piece is what one write sent.
type piece struct {
	bytes []byte
	at    time.Time // when it arrives
}

// ready reports whether something has arrived. The lock is held.
func (b *pipeBuffer) ready() bool { return len(b.data) > 0 && !b.data[0].at.After(time.Now()) }

func newPipeBuffer() *pipeBuffer {
	b := &pipeBuffer{}
	b.changed = sync.NewCond(&b.mu)
	return b
}

// look wakes readers, to check again.
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
		reached := c.network.reaches(c.to, c.from)
		switch {
		case b.closed:
			return 0, net.ErrClosed
		case reached && b.ready():
			n := copy(p, b.data[0].bytes)
			if b.data[0].bytes = b.data[0].bytes[n:]; len(b.data[0].bytes) == 0 {
				b.data = b.data[1:]
			}
			return n, nil
		case reached && b.ended && len(b.data) == 0:
			return 0, io.EOF
		case !b.deadline.IsZero() && !time.Now().Before(b.deadline) && !c.network.Frozen(c.from):
			return 0, os.ErrDeadlineExceeded
		}
		b.changed.Wait()
	}
}

func (c *netConn) Write(p []byte) (int, error) {
	c.in.mu.Lock()
	closed := c.in.closed
	c.in.mu.Unlock()
	if closed {
		return 0, net.ErrClosed
	}
	delay, sent := c.network.send(c.from, c.to)
	if !sent {
		return len(p), nil
	}
	b := c.other.in
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed && c.network.Frozen(c.to) {
		return len(p), nil // the kernel would not know yet
	}
	if b.closed {
		return 0, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
	}
	at := time.Now().Add(delay)
	if n := len(b.data); n > 0 && b.data[n-1].at.After(at) {
		at = b.data[n-1].at // in order
	}
	b.data = append(b.data, piece{slices.Clone(p), at})
	if delay > 0 {
		time.AfterFunc(time.Until(at), b.look)
	}
	b.changed.Broadcast()
	return len(p), nil
}

// Close tells the other end, unless the host is off.
func (c *netConn) Close() error {
	c.network.mu.Lock()
	delete(c.network.conns, c)
	silent := c.network.down[c.from] == off
	c.network.mu.Unlock()
	if silent {
		c.in.mu.Lock()
		defer c.in.mu.Unlock()
		c.in.closed = true
		c.in.changed.Broadcast()
		return nil
	}
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

// SetWriteDeadline does nothing, as writes never wait.
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
