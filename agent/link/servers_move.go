package link

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// movableStream is a stream that ends with errMoves when another server is the better choice.
type movableStream struct {
	Stream
	moves atomic.Bool

	mu    sync.Mutex
	timer *time.Timer
}

// movable makes a stream of a server end once a better server has been available for a while. So
// agents return when their servers are back, each at a different moment.
func (s *Servers) movable(stream Stream, address string) Stream {
	m := &movableStream{Stream: stream}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.timer = time.AfterFunc(moveCheck+rand.N(moveCheck), func() {
		if !s.best(address) {
			m.moves.Store(true)
			stream.Close()
			return
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.timer.Reset(moveCheck + rand.N(moveCheck))
	})
	return m
}

// best reports whether no server is a better choice than this one.
func (s *Servers) best(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	order := s.ranked("", settledFor)
	return len(order) == 0 || order[0] == address
}

// Next returns the next frame.
func (m *movableStream) Next() (structs.AssignmentFrame, error) {
	frame, err := m.Stream.Next()
	if err != nil && m.moves.Load() {
		err = errMoves
	}
	return frame, err
}

// Close closes the stream.
func (m *movableStream) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.timer.Stop()
	return m.Stream.Close()
}
