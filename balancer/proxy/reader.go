package proxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	bufferSize = 16 << 10
	// lazyPart of a timeout is how much too early it may come: a deadline is moved only if it would
	// be wrong by more, since that costs as much as parsing a head.
	lazyPart = 16
)

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

func getBuffer() []byte { return buffers.Get().(*[bufferSize]byte)[:] }

// putBuffer takes back a buffer. Those that grew for a long head are left to the collector.
func putBuffer(b []byte) {
	if cap(b) == bufferSize {
		buffers.Put((*[bufferSize]byte)(b[:bufferSize]))
	}
}

// reader reads from a connection into a buffer, which it holds only while there is something in it:
// connections that wait cost no buffer.
type reader struct {
	conn     net.Conn
	raw      syscall.RawConn // of a plain TCP connection, otherwise nil
	pull     func(uintptr) bool
	buf      []byte // nil if nothing is in it
	from, to int    // what is in it
	n        int    // what pull read
	err      error
	deadline time.Time
	// patient is set while a connection that is not plain TCP is idle: its first byte is read
	// alone, so that no buffer is held meanwhile.
	patient bool
	first   [1]byte
}

func (r *reader) reset(c net.Conn) {
	r.conn = c
	tcp, _ := c.(*net.TCPConn)
	if u, ok := c.(interface{ TCPConn() *net.TCPConn }); ok {
		tcp = u.TCPConn()
	}
	if tcp == nil {
		return
	}
	if raw, err := tcp.SyscallConn(); err == nil {
		r.raw, r.pull = raw, r.tryRead
	}
}

func (r *reader) bytes() []byte { return r.buf[r.from:r.to] }

func (r *reader) buffered() int { return r.to - r.from }

// skip drops the first n bytes of the buffer.
func (r *reader) skip(n int) { r.from += n }

// release gives the buffer back if nothing is in it.
func (r *reader) release() {
	if r.buf != nil && r.from == r.to {
		putBuffer(r.buf)
		r.buf, r.from, r.to = nil, 0, 0
	}
}

// drop gives the buffer back with what is in it.
func (r *reader) drop() {
	r.from = r.to
	r.release()
}

// extend gives the reads from now on the time d, or a little less.
func (r *reader) extend(now time.Time, d time.Duration) {
	if left := r.deadline.Sub(now); left > d || left < d-d/lazyPart {
		r.until(now.Add(d))
	}
}

// until sets when reads fail with a timeout.
func (r *reader) until(t time.Time) {
	r.deadline = t
	r.conn.SetReadDeadline(t)
}

var errFull = errors.New("the buffer is full")

// fill waits for more and adds it to the buffer, which it makes room in. It fails with errFull if
// there are limit bytes in it already.
func (r *reader) fill(limit int) error {
	if r.from == r.to {
		r.release()
	} else if err := r.room(limit); err != nil {
		return err
	}
	if r.raw != nil {
		r.n, r.err = 0, nil
		if err := r.raw.Read(r.pull); err != nil {
			return err
		}
		r.to += r.n
		return r.err
	}
	if r.buf == nil && r.patient {
		n, err := r.conn.Read(r.first[:])
		if n == 0 {
			return noProgress(err)
		}
		r.buf = getBuffer()
		r.buf[0], r.from, r.to = r.first[0], 0, 1
		return nil
	}
	if r.buf == nil {
		r.buf, r.from, r.to = getBuffer(), 0, 0
	}
	n, err := r.conn.Read(r.buf[r.to:])
	r.to += n
	if n > 0 {
		return nil
	}
	r.release()
	return noProgress(err)
}

func noProgress(err error) error {
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

// room moves what is in the buffer to its begin, or into a larger one.
func (r *reader) room(limit int) error {
	if r.to < len(r.buf) {
		return nil
	}
	n := r.buffered()
	if n >= limit {
		return errFull
	}
	if r.from > 0 {
		copy(r.buf, r.bytes())
	} else {
		larger := make([]byte, min(2*len(r.buf), limit+1))
		copy(larger, r.bytes())
		putBuffer(r.buf)
		r.buf = larger
	}
	r.from, r.to = 0, n
	return nil
}

// tryRead reads what is there, and returns false if nothing is.
func (r *reader) tryRead(fd uintptr) bool {
	held := r.buf != nil
	if !held {
		r.buf = getBuffer()
	}
	for {
		n, err := syscall.Read(int(fd), r.buf[r.to:])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			if !held {
				putBuffer(r.buf)
				r.buf = nil
			}
			return false
		case err != nil:
			r.err = err
		case n == 0:
			r.err = io.EOF
		}
		r.n = max(n, 0)
		return true
	}
}

var errBareLF = errors.New("a line ends without CR")

// head reads until the empty line that ends a head, and returns the head with it. What it returns
// is valid until the next fill. It must be complete by a time, unless that is zero. Empty lines
// before it are skipped, at most two. After a timeout it may be called again.
func (r *reader) head(limit int, by time.Time) ([]byte, error) {
	line, seen, skipped := 0, 0, 0 // from r.from
	for {
		b := r.bytes()
		for seen < len(b) {
			i := bytes.IndexByte(b[seen:], '\n')
			if i < 0 {
				seen = len(b)
				break
			}
			at := seen + i
			if at == line || b[at-1] != '\r' {
				return nil, errBareLF
			}
			seen = at + 1
			empty := at == line+1
			line = seen
			if !empty {
				continue
			}
			if at > 1 {
				return b[:seen], nil
			}
			if skipped++; skipped > 2 {
				return nil, errBareLF
			}
			r.skip(seen)
			b, line, seen = r.bytes(), 0, 0
		}
		if len(b) > limit {
			return nil, errFull
		}
		if !by.IsZero() && !r.deadline.Equal(by) {
			r.until(by)
		}
		if err := r.fill(limit); err != nil {
			return nil, err
		}
	}
}
