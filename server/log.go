package server

import (
	"context"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// leaderWait is how long a call waits for a leader before it fails.
const leaderWait = 2 * time.Second

// Apply replicates a command (control.Log).
func (s *Server) Apply(ctx context.Context, cmd structs.Command) (structs.Applied, error) {
	if err := s.awaitLeading(ctx); err != nil {
		return structs.Applied{}, err
	}
	return s.node.Apply(ctx, cmd)
}

// Current waits a little until this server is known to lead with its state caught up, and then
// returns nil (control.Log). Its state then has all acknowledged writes: a write is acknowledged
// only after the leader's state holds it.
func (s *Server) Current(ctx context.Context) error {
	if err := s.awaitLeading(ctx); err != nil || s.members == nil {
		return err
	}
	l := s.leader.Load()
	// A confirmation in another term than that in which the state was brought up to date proves
	// nothing about the state.
	if err := s.node.VerifyLeader(ctx); err != nil || l == nil || s.node.Term() != l.term {
		return structs.ErrNoLeader()
	}
	return nil
}

// awaitLeading waits a little until this server leads and takes calls.
func (s *Server) awaitLeading(ctx context.Context) error {
	if s.leader.Load() != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, leaderWait)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for s.leader.Load() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return structs.ErrNoLeader()
		case <-s.node.Stopping():
			return structs.ErrNoLeader()
		}
	}
	return nil
}
