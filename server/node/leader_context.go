package node

import (
	"context"
	"sync"

	"github.com/hashicorp/raft"
)

// leaderContext is a context that is canceled when the known leader changes. It is safe for
// concurrent use.
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

// LeaderContext returns a context that is canceled when the leader known to this server changes or
// becomes unknown. Calls that wait for the leader's answer use it: over a cut link no answer ever
// comes.
func (n *Node) LeaderContext() context.Context {
	n.leaderContext.mu.Lock()
	defer n.leaderContext.mu.Unlock()
	return n.leaderContext.now
}

// followLeader cancels the leader context at each change of leader, until the node stops.
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
