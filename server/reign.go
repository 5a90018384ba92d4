package server

import (
	"context"
	"sync"

	"github.com/hashicorp/raft"
)

// reigns tells calls that wait for a leader's answer when this server no longer takes that one for
// the leader: over a link that is cut, no answer ever comes. Safe for concurrent use.
type reigns struct {
	mu  sync.Mutex
	now context.Context
	end context.CancelFunc
}

func newReigns() *reigns {
	r := &reigns{}
	r.now, r.end = context.WithCancel(context.Background())
	return r
}

// next ends the reign, and begins another.
func (r *reigns) next() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end()
	r.now, r.end = context.WithCancel(context.Background())
}

// reign ends when the leader is another, or unknown.
func (s *Server) reign() context.Context {
	s.reigns.mu.Lock()
	defer s.reigns.mu.Unlock()
	return s.reigns.now
}

// followReigns tells of each change of leader, until ctx ends.
func (s *Server) followReigns(ctx context.Context) {
	changes := make(chan raft.Observation, 1)
	observer := raft.NewObserver(changes, false, func(o *raft.Observation) bool { _, is := o.Data.(raft.LeaderObservation); return is })
	s.raft.RegisterObserver(observer)
	defer s.raft.DeregisterObserver(observer)
	defer s.reigns.next()
	for {
		select {
		case <-changes:
			s.reigns.next()
		case <-ctx.Done():
			return
		}
	}
}
