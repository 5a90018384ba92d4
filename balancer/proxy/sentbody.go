package proxy

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// sentBody gives the body of a request to a transport, which reads it at the same time as the
// answer is carried back.
type sentBody struct {
	from    source
	tick    func() // called when something came
	limit   int64  // MaxBody
	trailer http.Header
	begun   atomic.Bool
	all     atomic.Bool // everything was read
	stopped atomic.Bool // errors from now on are our own doing

	mu    sync.Mutex // held while reading
	rest  []byte
	done  bool
	bytes int64
	err   error // of the client
}

func (b *sentBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begun.Store(true)
	if b.done {
		return 0, io.ErrClosedPipe
	}
	if len(b.rest) == 0 {
		part, err := b.from.next()
		if err == nil && b.limit > 0 && b.bytes+int64(len(part)) > b.limit {
			err = errBodyLimit
		}
		if err != nil {
			return 0, b.end(err)
		}
		b.tick()
		b.rest = part
		b.bytes += int64(len(part))
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	if len(b.rest) == 0 && b.from.ended() {
		return n, b.end(io.EOF)
	}
	return n, nil
}

// end notes how the body ended.
func (b *sentBody) end(err error) error {
	if err != io.EOF {
		if !b.stopped.Load() {
			b.err = err
		}
		return err
	}
	for _, f := range b.from.end() {
		if b.trailer != nil {
			b.trailer.Add(f.name, f.value)
		}
	}
	b.all.Store(true)
	return io.EOF
}

// Close is called by the transport; stopSending is what ends the reading.
func (b *sentBody) Close() error { return nil }
