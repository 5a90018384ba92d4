package server

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// Members returns the servers and agents that gossip knows; none without Peers.
func (s *Server) Members() []structs.Member {
	if s.members == nil {
		return []structs.Member{}
	}
	return s.members.All()
}

// RaftPeers lists the raft peers as known to this server, even without a leader, and asks each for
// its progress.
func (s *Server) RaftPeers(ctx context.Context) structs.PeerList {
	if s.members != nil {
		return s.members.RaftPeers(ctx)
	}
	stats := s.node.Stats() // gantry dev: this process is raft's only peer
	return structs.PeerList{Peers: []structs.Peer{{
		ID: s.dir.ID, Name: s.dir.ID, Voter: true, Leader: s.Leads(), Answers: true,
		LastIndex: stats.LastIndex, LastTerm: stats.LastTerm,
	}}}
}

// Leave takes this server out of the cluster for good (members.Members.Leave).
func (s *Server) Leave(ctx context.Context) error {
	if s.members == nil {
		return structs.Errorf(structs.KindUnsupportedFeature,
			"this is a cluster of one process (gantry dev): there is nobody to leave; stop it instead")
	}
	return s.members.Leave(ctx)
}

// Left is closed when the server has left the cluster. It is nil without Peers.
func (s *Server) Left() <-chan struct{} {
	if s.members == nil {
		return nil
	}
	return s.members.Left()
}

// RotateGossipKey gives all members a new gossip key, which only present members know.
func (s *Server) RotateGossipKey(context.Context) (structs.GossipRotation, error) {
	if s.members == nil {
		return structs.GossipRotation{}, structs.Errorf(structs.KindUnsupportedFeature,
			"this is a cluster of one process (gantry dev): it has no gossip")
	}
	return s.members.RotateGossipKey()
}

// GossipKey returns the key in use, as known to this server; nil if gossip is not encrypted.
func (s *Server) GossipKey() []byte {
	if s.members == nil {
		return nil
	}
	return s.members.GossipKey()
}
