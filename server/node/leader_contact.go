package node

import (
	"time"

	"github.com/hashicorp/raft"
)

// LeaderChanges reports when this server gains or loses leadership. Only the newest change is kept:
// two gains in a row had a loss between them.
func (n *Node) LeaderChanges() <-chan bool { return n.raft.LeaderCh() }

// Leads reports whether raft considers this server the leader. Its state may not be up to date yet.
func (n *Node) Leads() bool { return n.raft.State() == raft.Leader }

// Leader returns the id of the leader, as known to this server; empty if there is none.
func (n *Node) Leader() string {
	_, id := n.raft.LeaderWithID()
	return string(id)
}

// Role returns raft's name for the present role of this server, for people.
func (n *Node) Role() string { return n.raft.State().String() }

// HearsLeader reports whether this server follows a leader and heard from it a moment ago.
func (n *Node) HearsLeader() bool {
	address, _ := n.raft.LeaderWithID()
	return address != "" && n.raft.State() == raft.Follower && time.Since(n.raft.LastContact()) < 2*electionTimeout
}

// Lags reports whether some committed entries are not applied here yet.
func (n *Node) Lags() bool { return n.raft.AppliedIndex() < n.raft.CommitIndex() }

// Term returns raft's present term.
func (n *Node) Term() uint64 { return n.raft.CurrentTerm() }

// Stats is a server's progress in raft. Servers send it to each other as JSON, so its keys never
// change.
type Stats struct {
	// LastContact is the time since the server heard from the leader: zero on the leader itself,
	// negative if it never did.
	LastContact time.Duration
	// LastTerm and LastIndex are the term and the index of its newest log entry.
	LastTerm  uint64
	LastIndex uint64
}

// Stats returns this server's progress.
func (n *Node) Stats() Stats {
	stats := Stats{LastTerm: n.raft.CurrentTerm(), LastIndex: n.raft.LastIndex(), LastContact: -1}
	switch at := n.raft.LastContact(); {
	case n.raft.State() == raft.Leader:
		stats.LastContact = 0
	case !at.IsZero():
		stats.LastContact = time.Since(at)
	}
	return stats
}
