package node

import (
	"context"
	"time"

	"github.com/hashicorp/raft"
	autopilot "github.com/hashicorp/raft-autopilot"

	"github.com/gantry-project/gantry/structs"
)

// Autopilot's timing. A new server votes some seconds after it came; a dead one is removed once
// there are enough without it.
const (
	autopilotUpdate    = time.Second
	autopilotReconcile = 2 * time.Second
	// stableFor is how long a new server must have been healthy before it votes.
	stableFor = 2 * time.Second
	// lastContact is how long ago a healthy server may have heard of the leader. The leader's
	// heartbeats come ten times as often.
	lastContact = time.Second
	// minQuorum is the minimum number of servers left when dead ones are removed: with three
	// servers, a dead one stays a peer until another has replaced it.
	minQuorum = 3
	// maxTrailing is how many log entries a healthy server may be behind.
	maxTrailing = 1000
)

// Membership is what autopilot asks about the existing servers.
type Membership interface {
	// Known returns all known servers, including those that failed or left.
	Known() []structs.Member
	// StatsOf asks servers for their progress. Servers that do not answer are missing from the
	// result.
	StatsOf(ctx context.Context, ids []string) map[string]Stats
	// RemoveFailed is called when autopilot removes a dead server from the peers. It must not
	// block.
	RemoveFailed(id, name string)
}

// Autopilot adds servers to the raft peers, makes them voters once they are up to date, and removes
// those that died. It runs on the leader.
type Autopilot struct {
	id    string // of the leader
	pilot *autopilot.Autopilot
}

// StartAutopilot starts autopilot, which ends with ctx.
func (n *Node) StartAutopilot(ctx context.Context, members Membership) *Autopilot {
	pilot := autopilot.New(n.raft, &autopilotDelegate{n.id, members}, autopilot.WithLogger(raftLogger(n.log)),
		autopilot.WithUpdateInterval(autopilotUpdate), autopilot.WithReconcileInterval(autopilotReconcile))
	pilot.Start(ctx)
	return &Autopilot{n.id, pilot}
}

// Add makes a server a peer, or changes the address of a peer.
func (a *Autopilot) Add(s *structs.Member) error {
	return a.pilot.AddServer(autopilotServer(s, s.ID == a.id))
}

// Remove removes a peer.
func (a *Autopilot) Remove(id string) error { return a.pilot.RemoveServer(raft.ServerID(id)) }

// Wait stops autopilot and waits for its end.
func (a *Autopilot) Wait() { <-a.pilot.Stop() }

// autopilotDelegate is autopilot.ApplicationIntegration over a Membership.
type autopilotDelegate struct {
	id      string
	members Membership
}

// AutopilotConfig, like the methods below, implements autopilot.ApplicationIntegration.
func (d *autopilotDelegate) AutopilotConfig() *autopilot.Config {
	return &autopilot.Config{
		CleanupDeadServers: true, LastContactThreshold: lastContact, MaxTrailingLogs: maxTrailing,
		MinQuorum: minQuorum, ServerStabilizationTime: stableFor,
	}
}

// NotifyState does nothing: nobody needs autopilot's view.
func (d *autopilotDelegate) NotifyState(*autopilot.State) {}

// FetchServerStats asks each server for its progress. Autopilot treats servers that do not answer
// as unhealthy.
func (d *autopilotDelegate) FetchServerStats(
	ctx context.Context, servers map[raft.ServerID]*autopilot.Server,
) map[raft.ServerID]*autopilot.ServerStats {
	var ids []string
	for id := range servers {
		ids = append(ids, string(id))
	}
	all := map[raft.ServerID]*autopilot.ServerStats{}
	for id, stats := range d.members.StatsOf(ctx, ids) {
		all[raft.ServerID(id)] = (*autopilot.ServerStats)(&stats)
	}
	return all
}

// KnownServers returns the existing servers.
func (d *autopilotDelegate) KnownServers() map[raft.ServerID]*autopilot.Server {
	known := map[raft.ServerID]*autopilot.Server{}
	for _, s := range d.members.Known() {
		known[raft.ServerID(s.ID)] = autopilotServer(&s, s.ID == d.id)
	}
	return known
}

// RemoveFailedServer is called when a dead server is removed.
func (d *autopilotDelegate) RemoveFailedServer(s *autopilot.Server) {
	d.members.RemoveFailed(string(s.ID), s.Name)
}

func autopilotServer(s *structs.Member, leader bool) *autopilot.Server {
	status := autopilot.NodeFailed
	switch s.Status {
	case structs.MemberAlive:
		status = autopilot.NodeAlive
	case structs.MemberLeft, structs.MemberLeaving:
		status = autopilot.NodeLeft
	}
	return &autopilot.Server{
		ID: raft.ServerID(s.ID), Name: s.Name, Address: raft.ServerAddress(s.Raft),
		NodeStatus: status, NodeType: autopilot.NodeVoter, Version: s.Version, RaftVersion: int(raft.ProtocolVersionMax), IsLeader: leader,
	}
}
