package server

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/raft"
	autopilot "github.com/hashicorp/raft-autopilot"

	"github.com/gantry-project/gantry/structs"
)

// Autopilot's pace. A server that comes is a voter some seconds later; one that died is removed
// once there are enough without it.
const (
	autopilotUpdate    = time.Second
	autopilotReconcile = 2 * time.Second
	// stableFor is how long a new server must have been well before it votes.
	stableFor = 2 * time.Second
	// lastContact is how long a healthy server may not have heard of the leader. The leader's
	// heartbeats come ten times as often.
	lastContact = time.Second
	// strangerGrace is how long a new leader keeps a peer that gossip does not know: after a
	// restart of all, gossip may come later than raft.
	strangerGrace = 30 * time.Second
	// minQuorum is the least number of servers that are left when dead ones are removed: of three,
	// a dead one stays a peer until another has come for it.
	minQuorum = 3
	// maxTrailing is how many log entries a healthy server may be behind.
	maxTrailing = 1000
)

// AutopilotConfig is a part of autopilot.ApplicationIntegration, as are those below.
func (m *membership) AutopilotConfig() *autopilot.Config {
	return &autopilot.Config{
		CleanupDeadServers: true, LastContactThreshold: lastContact, MaxTrailingLogs: maxTrailing,
		MinQuorum: minQuorum, ServerStabilizationTime: stableFor,
	}
}

// NotifyState has no use for what autopilot thinks.
func (m *membership) NotifyState(*autopilot.State) {}

// FetchServerStats asks each server how far it is.
func (m *membership) FetchServerStats(ctx context.Context, servers map[raft.ServerID]*autopilot.Server) map[raft.ServerID]*autopilot.ServerStats {
	var mu sync.Mutex
	var asking sync.WaitGroup
	all := map[raft.ServerID]*autopilot.ServerStats{}
	for id := range servers {
		asking.Go(func() {
			stats, err := m.stats(ctx, string(id))
			if err != nil {
				return // autopilot takes silence for what it is
			}
			mu.Lock()
			defer mu.Unlock()
			all[id] = &stats
		})
	}
	asking.Wait()
	return all
}

func (m *membership) stats(ctx context.Context, id string) (autopilot.ServerStats, error) {
	if id == m.id {
		return m.ownStats(), nil
	}
	s, ok := m.gossip.Server(id)
	if !ok || s.Status != structs.MemberAlive {
		return autopilot.ServerStats{}, structs.Errorf(structs.KindUnavailable, "server %s does not answer", id)
	}
	return m.peers.stats(ctx, s.HTTP, id)
}

// ownStats are this server's.
func (m *membership) ownStats() autopilot.ServerStats {
	stats := autopilot.ServerStats{LastTerm: m.raft.CurrentTerm(), LastIndex: m.raft.LastIndex(), LastContact: -1}
	switch at := m.raft.LastContact(); {
	case m.raft.State() == raft.Leader:
		stats.LastContact = 0
	case !at.IsZero():
		stats.LastContact = time.Since(at)
	}
	return stats
}

// KnownServers are those that gossip knows, and for a while those that it may only not know yet.
func (m *membership) KnownServers() map[raft.ServerID]*autopilot.Server {
	known := map[raft.ServerID]*autopilot.Server{}
	if time.Since(m.leadsSince) < strangerGrace {
		for _, p := range m.configuration().Servers {
			known[p.ID] = m.known(&structs.Member{ID: string(p.ID), Raft: string(p.Address), Status: structs.MemberAlive})
		}
	}
	for _, s := range m.gossip.Servers() {
		known[raft.ServerID(s.ID)] = m.known(&s)
	}
	return known
}

func (m *membership) known(s *structs.Member) *autopilot.Server {
	status := autopilot.NodeFailed
	switch s.Status {
	case structs.MemberAlive:
		status = autopilot.NodeAlive
	case structs.MemberLeft, structs.MemberLeaving:
		status = autopilot.NodeLeft
	}
	return &autopilot.Server{
		ID: raft.ServerID(s.ID), Name: s.Name, Address: raft.ServerAddress(s.Raft), NodeStatus: status, NodeType: autopilot.NodeVoter,
		Version: s.Version, RaftVersion: int(raft.ProtocolVersionMax), IsLeader: s.ID == m.id,
	}
}

// RemoveFailedServer removes a dead server from gossip too, whose failed members count as servers.
func (m *membership) RemoveFailedServer(s *autopilot.Server) {
	m.log.Info("removing a dead server", "server", s.ID, "name", s.Name)
	go func() {
		if err := m.gossip.Forget(string(s.ID)); err != nil {
			m.log.Warn("could not make gossip forget a dead server", "server", s.ID, "error", err)
		}
	}()
}
