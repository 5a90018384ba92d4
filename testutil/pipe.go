package testutil

import (
	"context"
	"net"
	"sync"
	"syscall"
)

// pipeListener joins a server and its callers in memory: unlike connections of the kernel's, these
// stand still under fake time. It implements net.Listener.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once

	mu   sync.Mutex
	open map[*pipeConn]bool
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{}), open: map[*pipeConn]bool{}}
}

// pipeConn is the server's end of a connection.
type pipeConn struct {
	net.Conn
	listener *pipeListener
}

func (c *pipeConn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.open, c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

// dial connects to the listener.
func (l *pipeListener) dial(ctx context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept gives the next connection.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case far := <-l.conns:
		conn := &pipeConn{far, l}
		l.mu.Lock()
		l.open[conn] = true
		l.mu.Unlock()
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// cut breaks every open connection, for both of its ends.
func (l *pipeListener) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for conn := range l.open {
		conn.Conn.Close()
	}
}

// Close makes Accept and dial fail.
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr is needed by net.Listener alone.
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "pipe"} }
