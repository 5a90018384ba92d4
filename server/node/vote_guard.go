package node

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"
)

// A server that lost its disk comes back with another id, and at the address at which the others
// still ask the one that it was for its vote. It has forgotten what it acknowledged, and would
// elect a server that lacks it: one vote more than there is, and acknowledged writes are gone. So
// only those vote that raft's peers have by their id; and, while a new cluster forms, those that
// agreed to it.
//
// Whom they vote for is another matter: who has all that the voter has, in a term in which it has
// not voted, and while it hears no leader. Whether the candidate is a peer is for the candidate to
// know. The voter may have been away while it became one, and if those that know of that are gone,
// nobody else could be elected. (Diego Ongaro, Consensus, 4.1: servers grant votes to candidates
// that are not in their latest configuration.) Raft 1.7.3 refuses such a candidate by its id
// (vouched).

// voteGuard is raft's way to the other servers, on which a server that is no peer gives no vote.
type voteGuard struct {
	*raft.NetworkTransport
	id raft.ServerID
	// promised reports whether this server has agreed to form a new cluster with another one.
	promised func(id string) bool
	node     atomic.Pointer[raft.Raft] // nil: not started yet

	passed chan raft.RPC
	closed chan struct{}
	close  sync.Once
}

func newVoteGuard(id string, promised func(id string) bool, to *raft.NetworkTransport) *voteGuard {
	g := &voteGuard{NetworkTransport: to, id: raft.ServerID(id), promised: promised, passed: make(chan raft.RPC), closed: make(chan struct{})}
	go g.pass()
	return g
}

// Consumer gives what the other servers ask (raft.Transport).
func (g *voteGuard) Consumer() <-chan raft.RPC { return g.passed }

// Close ends it (raft.WithClose).
func (g *voteGuard) Close() error {
	g.close.Do(func() { close(g.closed) })
	return g.NetworkTransport.Close()
}

func (g *voteGuard) pass() {
	for {
		select {
		case <-g.closed:
			return
		case rpc := <-g.NetworkTransport.Consumer():
			if g.refused(rpc) {
				continue
			}
			select {
			case <-g.closed:
				return
			case g.passed <- g.vouched(rpc):
			}
		}
	}
}

// refused answers a question for a vote that this server may not give.
func (g *voteGuard) refused(rpc raft.RPC) bool {
	var no any
	switch rpc.Command.(type) {
	case *raft.RequestVoteRequest:
		no = &raft.RequestVoteResponse{RPCHeader: g.header()}
	case *raft.RequestPreVoteRequest:
		no = &raft.RequestPreVoteResponse{RPCHeader: g.header()}
	default:
		return false
	}
	if g.mayVote(string(rpc.Command.(raft.WithRPCHeader).GetRPCHeader().ID)) {
		return false
	}
	rpc.Respond(no, nil)
	return true
}

// vouched lets raft judge a candidate that is no voter among the peers that this server knows by
// its log, its term and nothing else: the question comes in the name of one that is. For a vote
// raft keeps the candidate's address, which is the true one.
func (g *voteGuard) vouched(rpc raft.RPC) raft.RPC {
	switch asked := rpc.Command.(type) {
	case *raft.RequestVoteRequest:
		asked.ID = g.inName(asked.ID)
	case *raft.RequestPreVoteRequest:
		asked.ID = g.inName(asked.ID)
	}
	return rpc
}

// inName returns the id of a candidate, or of a voter in its place where it is none that this
// server knows.
func (g *voteGuard) inName(candidate []byte) []byte {
	name := candidate
	for _, p := range configuration(g.node.Load()).Servers {
		if p.Suffrage != raft.Voter {
			continue
		}
		if string(p.ID) == string(candidate) {
			return candidate
		}
		name = []byte(p.ID)
	}
	return name
}

func (g *voteGuard) header() raft.RPCHeader {
	return raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: []byte(g.id), Addr: []byte(g.LocalAddr())}
}

func (g *voteGuard) mayVote(candidate string) bool {
	node := g.node.Load()
	if node == nil {
		return false
	}
	peers := configuration(node).Servers
	if len(peers) == 0 {
		return g.promised(candidate)
	}
	return slices.ContainsFunc(peers, func(p raft.Server) bool { return p.ID == g.id })
}
