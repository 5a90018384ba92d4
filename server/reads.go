package server

import (
	"context"
	"sync"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/structs"
)

// reads lets a read be sure that this server still leads: most of the servers have answered it
// since the read began. Reads that come while one round is under way share the next.
type reads struct {
	raft *raft.Raft
	// begin and end are around each round; begin is false when the server is stopping. Raft does
	// not answer a round that its shutdown meets half way.
	begin func() bool
	end   func()

	// capacity 1: one round at a time. No mutex, with which fake time would stand still for the
	// length of a round
	turn chan struct{}

	mu   sync.Mutex
	next *round // not begun yet; nil: none
}

// round is one question to the other servers.
type round struct {
	done chan struct{} // closed when err is known
	err  error
}

// confirm fails where this server does not lead, or cannot know.
func (r *reads) confirm(ctx context.Context) error {
	r.mu.Lock()
	mine := r.next
	if mine == nil {
		mine = &round{done: make(chan struct{})}
		r.next = mine
		go r.run(mine)
	}
	r.mu.Unlock()
	select {
	case <-mine.done:
		return mine.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *reads) run(mine *round) {
	r.turn <- struct{}{}
	defer func() { <-r.turn }()
	r.mu.Lock()
	r.next = nil // who comes from now on needs another
	r.mu.Unlock()
	defer close(mine.done)
	if !r.begin() {
		mine.err = structs.ErrNoLeader()
		return
	}
	defer r.end()
	mine.err = r.raft.VerifyLeader().Error()
}
