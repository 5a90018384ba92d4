package server

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/structs"
)

const (
	// leaveWait bounds how long a server that leaves waits for the leader to remove it.
	leaveWait = 30 * time.Second
	// leaveLook is how often it looks whether that has happened, and whether another leads.
	leaveLook = 200 * time.Millisecond
)

// Leave takes this server out of the cluster for good: it hands over leadership, says goodbye by gossip and waits until the leader has
// removed it from the peers. It is refused, with nothing done, where those who stay could not go on. After it Left is closed, and the
// process is to end; a new start on the same data directory joins again.
func (s *Server) Leave(ctx context.Context) error {
	m := s.membership
	if m == nil {
		return structs.Errorf(structs.KindUnsupportedFeature, "this is a cluster of one process (gantry dev): there is nobody to leave; stop it instead")
	}
	if !s.beginWrite() { // Stop waits for the end: gossip must not be stopped in the middle of a goodbye
		return structs.Errorf(structs.KindUnavailable, "this server is being stopped; nothing was done")
	}
	defer s.writes.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveWait) // half a leave is worse than one that nobody waits for
	defer cancel()
	go func() {
		select {
		case <-s.stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := m.mayLeave(ctx); err != nil {
		return err
	}
	if err := s.handOver(ctx); err != nil {
		return err
	}
	s.log.Info("leaving the cluster", "server", s.config.ID)
	defer s.leftOnce.Do(func() { close(s.left) }) // gossip takes no goodbye back, so the process ends in any case
	if err := m.gossip.Leave(); err != nil {
		s.log.Warn("could not say goodbye to all; the leader may take this server for dead first", "error", err)
	}
	for !m.removed(ctx) {
		select {
		case <-ctx.Done():
			return structs.Errorf(structs.KindUnavailable,
				"this server has said goodbye and ends, but no leader has removed it from the raft peers; see `gantry server raft` on another")
		case <-time.After(leaveLook):
		}
	}
	s.log.Info("left the cluster", "server", s.config.ID)
	return nil
}

// Left is closed when the server has left the cluster.
func (s *Server) Left() <-chan struct{} { return s.left }

// mayLeave says why the servers that stay could not go on without this one.
func (m *membership) mayLeave(ctx context.Context) error {
	is, stay, answer := false, 0, 0
	for _, p := range m.configuration().Servers {
		if string(p.ID) == m.id {
			is = true
			continue
		}
		if p.Suffrage != raft.Voter {
			continue
		}
		stay++
		if _, err := m.stats(ctx, string(p.ID)); err == nil {
			answer++
		}
	}
	switch need := stay/2 + 1; {
	case !is:
		return structs.Errorf(structs.KindConflict, "this server is no peer of a cluster; stop it instead")
	case stay == 0:
		return structs.Errorf(structs.KindConflict, "this server is the only one with a vote: without it the cluster ends. Stop it instead, or add others first.")
	case answer < need:
		return structs.Errorf(structs.KindConflict,
			"of the %d servers that would stay, %d answer, and %d are needed for a quorum: without this one the cluster would stand still. Start the others first, or new ones in their place.",
			stay, answer, need)
	}
	return nil
}

// removed says whether the leader has this server no more.
func (m *membership) removed(ctx context.Context) bool {
	for _, s := range m.gossip.Servers() {
		if s.ID == m.id {
			continue
		}
		if gone, err := m.peers.removed(ctx, s.HTTP, m.id); err == nil && gone {
			return true
		}
	}
	return false
}

// has says whether a server is among the peers, or the change that removed it is not committed yet. Only the leader knows.
func (s *Server) has(id string) (bool, error) {
	future := s.raft.GetConfiguration()
	if err := future.Error(); err != nil {
		return false, fmt.Errorf("read raft's peers: %w", err)
	}
	if s.raft.State() != raft.Leader {
		return false, structs.ErrNoLeader()
	}
	for _, p := range future.Configuration().Servers {
		if string(p.ID) == id {
			return true, nil
		}
	}
	return s.raft.CommitIndex() < future.Index(), nil
}
