package datachannel

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// MaxMessage is the largest message in bytes that a connection carries. Those of AWS's plugin have
// at most 1,144.
const MaxMessage = 1 << 20

// Conn carries whole messages. Read is called from one goroutine and Write from another; Close
// makes both fail.
type Conn interface {
	Read() ([]byte, error)
	Write(raw []byte) error
	Close() error
}

// Frames returns a Conn over a stream of bytes, between a server and an agent: before each message
// stands its length, in 4 bytes.
func Frames(stream io.ReadWriteCloser) Conn {
	return &frames{stream: stream, in: bufio.NewReaderSize(stream, 32<<10)}
}

type frames struct {
	stream io.ReadWriteCloser
	in     *bufio.Reader
	mu     sync.Mutex // of writes
}

func (f *frames) Read() ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(f.in, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > MaxMessage {
		return nil, fmt.Errorf("a frame has %d bytes; it can have at most %d", n, MaxMessage)
	}
	raw := make([]byte, n)
	_, err := io.ReadFull(f.in, raw)
	return raw, err
}

func (f *frames) Write(raw []byte) error {
	framed := append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(raw)), uint32(len(raw))), raw...)
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err := f.stream.Write(framed)
	return err
}

func (f *frames) Close() error { return f.stream.Close() }

// Pipe passes messages on between two connections until one of them ends, and closes both. It
// returns the error of the one that ended first; fromFirst reports whether that was a.
func Pipe(a, b Conn) (fromFirst bool, err error) {
	type end struct {
		first bool
		err   error
	}
	ended := make(chan end, 2)
	pass := func(from, to Conn, first bool) {
		for {
			raw, err := from.Read()
			if err != nil {
				ended <- end{first, err}
				return
			}
			if err := to.Write(raw); err != nil {
				ended <- end{!first, err}
				return
			}
		}
	}
	go pass(a, b, true)
	go pass(b, a, false)
	e := <-ended
	_, _ = a.Close(), b.Close() // one of them has failed already
	<-ended
	return e.first, e.err
}
