package proxy

import (
	"net"
	"time"
)

// writer gathers what is written to a connection until flush. It holds a buffer only until then.
type writer struct {
	conn     net.Conn
	buf      []byte // nil if nothing is in it
	deadline time.Time
	timeout  time.Duration // of each write
	sent     int64         // bytes that the connection took
	err      error         // of the first write that failed
}

// grow returns the buffer to append to. The result must be given to set.
func (w *writer) grow() []byte {
	if w.buf == nil {
		w.buf = getBuffer()[:0]
	}
	return w.buf
}

func (w *writer) set(b []byte) { w.buf = b }

// write adds p. It writes what no longer fits.
func (w *writer) write(p []byte) error {
	if len(w.buf)+len(p) <= bufferSize {
		w.buf = append(w.grow(), p...)
		return w.err
	}
	if err := w.flush(); err != nil {
		return err
	}
	if len(p) >= bufferSize/2 {
		return w.push(p)
	}
	w.buf = append(w.grow(), p...)
	return nil
}

// flush writes what was gathered and gives the buffer back.
func (w *writer) flush() error {
	if w.buf == nil {
		return w.err
	}
	err := w.push(w.buf)
	w.drop()
	return err
}

// drop forgets what was gathered.
func (w *writer) drop() {
	if w.buf != nil {
		putBuffer(w.buf)
		w.buf = nil
	}
}

func (w *writer) push(p []byte) error {
	if w.err != nil || len(p) == 0 {
		return w.err
	}
	now := time.Now()
	if left := w.deadline.Sub(now); left > w.timeout || left < w.timeout-w.timeout/lazyPart {
		w.deadline = now.Add(w.timeout)
		w.conn.SetWriteDeadline(w.deadline)
	}
	n, err := w.conn.Write(p)
	w.sent += int64(n)
	w.err = err
	return err
}
