package server

import (
	"context"
	"time"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/structs"
)

// led says whether this server leads, or hears the leader.
func (s *Server) led() bool {
	if s.leader.Load() != nil {
		return true
	}
	address, _ := s.raft.LeaderWithID()
	return address != "" && s.raft.State() == raft.Follower && time.Since(s.raft.LastContact()) < 2*electionTimeout
}

// Behind says whether what this server knows may be older than what was acknowledged, by more than
// a moment.
func (s *Server) Behind() bool {
	return !s.led() || s.raft.AppliedIndex() < s.raft.CommitIndex()
}

// othersAreLed says whether another server has a leader, or none of them can be asked: in both
// cases the fault is here, and not that the cluster has no leader at the time.
func (s *Server) othersAreLed(ctx context.Context) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	others := s.Members()
	asked, answers := 0, make(chan answer, len(others)) // whoever asks never waits for us
	for _, other := range others {
		if other.Role != structs.RoleServer || other.ID == s.config.ID || other.Status != structs.MemberAlive {
			continue
		}
		asked++
		go func() {
			led, err := s.membership.peers.led(ctx, other.HTTP)
			answers <- answer{led, err}
		}()
	}
	silent := 0
	for range asked {
		a := <-answers
		if a.led {
			return true
		}
		if a.err != nil {
			silent++
		}
	}
	return silent == asked
}

// answer is that of a server which was asked whether it is led.
type answer struct {
	led bool
	err error
}
