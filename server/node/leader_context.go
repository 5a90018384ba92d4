package node

import (
	"context"
	"sync"

	"github.com/hashicorp/raft"
)

// leaderContext is a context that is cancelled when the known leader changes. Safe for concurrent
// use.
type leaderContext struct {
	mu     sync.Mutex
	now    context.Context
	cancel context.CancelFunc
}

func newLeaderContext() *leaderContext {
	l := &leaderContext{}
	l.now, l.cancel = context.WithCancel(context.Background())
	return l
}

// next cancels the context and begins another.
func (l *leaderContext) next() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cancel()
	l.now, l.cancel = context.WithCancel(context.Background())
}

// end cancels the context for good.
func (l *leaderContext) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cancel()
}

// LeaderContext returns a context that is cancelled when the leader that this server knows is
// another one or unknown. Calls that wait for the leader's answer use it: over a link that is cut,
// no answer ever comes.
func (n *Node) LeaderContext() context.Context {
	n.leaderContext.mu.Lock()
	defer n.leaderContext.mu.Unlock()
	return n.leaderContext.now
}

// followLeader makes each change of leader cancel the leader context, until the node stops.
func (n *Node) followLeader() {
	changes := make(chan raft.Observation, 1)
	observer := raft.NewObserver(changes, false, func(o *raft.Observation) bool {
		_, is := o.Data.(raft.LeaderObservation)
		return is
	})
	n.raft.RegisterObserver(observer)
	n.following.Go(func() {
		defer n.raft.DeregisterObserver(observer)
		defer n.leaderContext.end()
		for {
			select {
			case <-changes:
				n.leaderContext.next()
			case <-n.stopping:
				return
			}
		}
	})
}
