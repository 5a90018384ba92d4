package server

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// hearsLeader reports whether this server leads, or hears the leader.
func (s *Server) hearsLeader() bool { return s.leader.Load() != nil || s.node.HearsLeader() }

// Behind reports whether this server's state may lag behind acknowledged writes by more than a
// moment.
func (s *Server) Behind() bool { return !s.hearsLeader() || s.node.Lags() }

// othersHearLeader reports whether another server hears a leader, or no other server answers. In
// both cases the fault is with this server, not a lack of a leader in the cluster.
func (s *Server) othersHearLeader(ctx context.Context) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	others := s.Members()
	asked, answers := 0, make(chan answer, len(others)) // so the goroutines never block
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

// answer is a server's answer to whether it hears a leader.
type answer struct {
	hears bool
	err   error
}
