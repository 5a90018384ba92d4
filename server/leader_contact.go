package server

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// hearsLeader reports whether this server leads, or hears the leader.
func (s *Server) hearsLeader() bool { return s.leader.Load() != nil || s.node.HearsLeader() }

// Behind reports whether what this server knows may be older than what was acknowledged, by more
// than a moment.
func (s *Server) Behind() bool { return !s.hearsLeader() || s.node.Lags() }

// othersHearLeader reports whether another server hears a leader, or no other server answers. In
// both cases the fault is here, and not that the cluster has no leader at the moment.
func (s *Server) othersHearLeader(ctx context.Context) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	others := s.Members()
	asked, answers := 0, make(chan answer, len(others)) // the goroutines never wait for us
	for _, other := range others {
		if other.Role != structs.RoleServer || other.ID == s.dir.ID || other.Status != structs.MemberAlive {
			continue
		}
		asked++
		go func() {
			var hears bool
			err := s.members.Call(ctx, other.HTTP, "led", struct{}{}, &hears)
			answers <- answer{hears, err}
		}()
	}
	silent := 0
	for range asked {
		a := <-answers
		if a.hears {
			return true
		}
		if a.err != nil {
			silent++
		}
	}
	return silent == asked
}

// answer is the answer of a server that was asked whether it hears a leader.
type answer struct {
	hears bool
	err   error
}
