// Package streams makes connections out of the streams of one connection (smux).
package streams

import (
	"io"
	"net"
	"runtime"
	"sync"

	"github.com/xtaci/smux"
)

// Conn is a stream that several goroutines may write, as net.Conn promises. smux counts what was
// written only after the peer may have confirmed it. A second goroutine that writes in between is
// told "peer consumed more than sent". So whoever writes first after an upgrade of HTTP could fail:
// the request came from another goroutine.
type Conn struct {
	*smux.Stream
	mu sync.Mutex // of writes
}

// Open opens a stream.
func Open(s *smux.Session) (net.Conn, error) {
	stream, err := s.OpenStream()
	if err != nil {
		return nil, err
	}
	return &Conn{Stream: stream}, nil
}

// Accept accepts a stream.
func Accept(s *smux.Session) (net.Conn, error) {
	stream, err := s.AcceptStream()
	if err != nil {
		return nil, err
	}
	return &Conn{Stream: stream}, nil
}

// Write implements net.Conn.
func (c *Conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Stream.Write(b)
}

// WriteTo implements io.WriterTo, for io.Copy. smux closes an accepted stream that nobody holds,
// and its own WriteTo does not hold it.
func (c *Conn) WriteTo(w io.Writer) (int64, error) {
	defer runtime.KeepAlive(c)
	return c.Stream.WriteTo(w)
}
