package node

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"
)

// A server that lost its disk comes back with another id, at the address where the others still ask
// its former self for a vote. It has forgotten the entries that it acknowledged, and could help
// elect a server that lacks them. There would be one vote more than there are voters, and
// acknowledged writes would be lost. So a server votes only if its own id is among raft's peers,
// or, while a new cluster forms, if it has agreed to form it with the candidate.
//
// Which candidate it votes for is another matter: raft grants a vote to a candidate that has
// everything the voter has, in a term in which the voter has not voted, while the voter hears no
// leader. Whether the candidate is a peer is for the candidate to know. The voter may have been
// away when the candidate became a peer, and if the servers that know about it are gone, nobody
// else could be elected. (Diego Ongaro, Consensus, 4.1: servers grant votes to candidates that are
// not in their latest configuration.) Raft 1.7.3 refuses such a candidate by its id; see vouched.

// voteGuard is raft's transport to the other servers. It refuses requests for votes that this
// server may not grant.
type voteGuard struct {
	*raft.NetworkTransport
	id raft.ServerID
	// promised reports whether this server has agreed to form a new cluster with another one.
	promised func(id string) bool
	node     atomic.Pointer[raft.Raft] // nil before the start

	passed chan raft.RPC
	closed chan struct{}
	close  sync.Once
}

func newVoteGuard(id string, promised func(id string) bool, to *raft.NetworkTransport) *voteGuard {
	g := &voteGuard{
		NetworkTransport: to, id: raft.ServerID(id), promised: promised,
		passed: make(chan raft.RPC), closed: make(chan struct{}),
	}
	go g.pass()
	return g
}

// Consumer returns the requests of the other servers (raft.Transport).
func (g *voteGuard) Consumer() <-chan raft.RPC { return g.passed }

// Close ends the guard and its transport (raft.WithClose).
func (g *voteGuard) Close() error {
	g.close.Do(func() { close(g.closed) })
	return g.NetworkTransport.Close()
}

// pass passes requests on to raft until Close.
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

// refused reports whether a request is for a vote that this server may not grant. If so, it answers
// it.
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

// vouched makes raft judge a candidate only by its log and its term, even if the candidate is not a
// voter among the peers that this server knows: the request then comes in the name of a voter. With
// a vote, raft keeps the candidate's address, which stays the true one.
func (g *voteGuard) vouched(rpc raft.RPC) raft.RPC {
	switch asked := rpc.Command.(type) {
	case *raft.RequestVoteRequest:
		asked.ID = g.inName(asked.ID)
	case *raft.RequestPreVoteRequest:
		asked.ID = g.inName(asked.ID)
	}
	return rpc
}

// inName returns the id of a candidate, or the id of a voter in its place if the candidate is not a
// voter that this server knows.
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

// mayVote reports whether this server may vote at all, for this candidate.
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
