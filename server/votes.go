package server

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

// voters is raft's way to the other servers, on which a server that is no peer gives no vote.
type voters struct {
	*raft.NetworkTransport
	id      raft.ServerID
	promise *promise
	node    atomic.Pointer[raft.Raft] // nil: not started yet

	passed chan raft.RPC
	closed chan struct{}
	close  sync.Once
}

func newVoters(id string, promise *promise, to *raft.NetworkTransport) *voters {
	v := &voters{NetworkTransport: to, id: raft.ServerID(id), promise: promise, passed: make(chan raft.RPC), closed: make(chan struct{})}
	go v.pass()
	return v
}

// Consumer gives what the other servers ask (raft.Transport).
func (v *voters) Consumer() <-chan raft.RPC { return v.passed }

// Close ends it (raft.WithClose).
func (v *voters) Close() error {
	v.close.Do(func() { close(v.closed) })
	return v.NetworkTransport.Close()
}

func (v *voters) pass() {
	for {
		select {
		case <-v.closed:
			return
		case rpc := <-v.NetworkTransport.Consumer():
			if v.refused(rpc) {
				continue
			}
			select {
			case <-v.closed:
				return
			case v.passed <- v.vouched(rpc):
			}
		}
	}
}

// refused answers a question for a vote that this server may not give.
func (v *voters) refused(rpc raft.RPC) bool {
	var no any
	switch rpc.Command.(type) {
	case *raft.RequestVoteRequest:
		no = &raft.RequestVoteResponse{RPCHeader: v.header()}
	case *raft.RequestPreVoteRequest:
		no = &raft.RequestPreVoteResponse{RPCHeader: v.header()}
	default:
		return false
	}
	if v.mayVote(string(rpc.Command.(raft.WithRPCHeader).GetRPCHeader().ID)) {
		return false
	}
	rpc.Respond(no, nil)
	return true
}

// vouched lets raft judge a candidate that is no voter among the peers that this server knows by
// its log, its term and nothing else: the question comes in the name of one that is. For a vote
// raft keeps the candidate's address, which is the true one.
func (v *voters) vouched(rpc raft.RPC) raft.RPC {
	switch asked := rpc.Command.(type) {
	case *raft.RequestVoteRequest:
		asked.ID = v.inName(asked.ID)
	case *raft.RequestPreVoteRequest:
		asked.ID = v.inName(asked.ID)
	}
	return rpc
}

// inName returns the id of a candidate, or of a voter in its place where it is none that this
// server knows.
func (v *voters) inName(candidate []byte) []byte {
	name := candidate
	for _, p := range configuration(v.node.Load()).Servers {
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

func (v *voters) header() raft.RPCHeader {
	return raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: []byte(v.id), Addr: []byte(v.LocalAddr())}
}

func (v *voters) mayVote(candidate string) bool {
	node := v.node.Load()
	if node == nil {
		return false
	}
	peers := configuration(node).Servers
	if len(peers) == 0 {
		return v.promise.includes(candidate)
	}
	return slices.ContainsFunc(peers, func(p raft.Server) bool { return p.ID == v.id })
}
