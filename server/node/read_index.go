package node

import (
	"context"
	"sync"

	"github.com/gantry-project/gantry/structs"
)

// readIndex confirms that this server still leads: a majority of the servers has answered it since
// the read began. Reads that come while one round is in progress share the next.
type readIndex struct {
	node *Node

	// turn has capacity 1: one round at a time. A mutex would make fake time stand still for the
	// length of a round.
	turn chan struct{}

	mu   sync.Mutex
	next *round // not begun yet; nil if none
}

// round is one question to the other servers.
type round struct {
	done chan struct{} // closed when err is known
	err  error
}

// VerifyLeader returns nil once this server is known to have led after the call began. It fails if
// this server does not lead or cannot know.
func (n *Node) VerifyLeader(ctx context.Context) error { return n.reads.confirm(ctx) }

func (r *readIndex) confirm(ctx context.Context) error {
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

func (r *readIndex) run(mine *round) {
	r.turn <- struct{}{}
	defer func() { <-r.turn }()
	r.mu.Lock()
	r.next = nil // later calls need another round
	r.mu.Unlock()
	defer close(mine.done)
	if !r.node.Begin() {
		mine.err = structs.ErrNoLeader()
		return
	}
	defer r.node.End()
	mine.err = r.node.raft.VerifyLeader().Error()
}
