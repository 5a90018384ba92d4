package node

import (
	"time"

	"github.com/hashicorp/raft"
)

// LeaderChanges tells when this server gains or loses leadership. Only the newest change is kept:
// two gains in a row had a loss between them.
func (n *Node) LeaderChanges() <-chan bool { return n.raft.LeaderCh() }

// Leads reports whether raft takes this server for the leader. Its state may not be up to date yet.
func (n *Node) Leads() bool { return n.raft.State() == raft.Leader }

// Leader returns the id of the server that leads, as far as this one knows. Empty: none does.
func (n *Node) Leader() string {
	_, id := n.raft.LeaderWithID()
	return string(id)
}

// Role is what raft calls the present role of this server, for people.
func (n *Node) Role() string { return n.raft.State().String() }

// HearsLeader reports whether this server follows a leader and has heard of it a moment ago.
func (n *Node) HearsLeader() bool {
	address, _ := n.raft.LeaderWithID()
	return address != "" && n.raft.State() == raft.Follower && time.Since(n.raft.LastContact()) < 2*electionTimeout
}

// Lags reports whether entries that are committed are not applied here yet.
func (n *Node) Lags() bool { return n.raft.AppliedIndex() < n.raft.CommitIndex() }

// Term is raft's present term.
func (n *Node) Term() uint64 { return n.raft.CurrentTerm() }

// Stats is how far a server is. Servers send it to each other as JSON; its keys stay as they are.
type Stats struct {
	// LastContact is the time since the server heard of the leader: zero at the leader itself,
	// below zero where it never did.
	LastContact time.Duration
	// LastTerm and LastIndex are the term and the newest entry of its log.
	LastTerm  uint64
	LastIndex uint64
}

// Stats returns how far this server is.
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
