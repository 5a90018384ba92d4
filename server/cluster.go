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

// RaftPeers lists the raft peers as this server has them, whether a leader stands or not, and asks
// each how far it is.
func (s *Server) RaftPeers(ctx context.Context) structs.PeerList {
	if s.members != nil {
		return s.members.RaftPeers(ctx)
	}
	stats := s.node.Stats() // gantry dev: raft has this process alone
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

// Left is closed when the server has left the cluster. Nil without Peers.
func (s *Server) Left() <-chan struct{} {
	if s.members == nil {
		return nil
	}
	return s.members.Left()
}

// RotateGossipKey gives all members another gossip key, which only present members know.
func (s *Server) RotateGossipKey(context.Context) (structs.GossipRotation, error) {
	if s.members == nil {
		return structs.GossipRotation{}, structs.Errorf(structs.KindUnsupportedFeature,
			"this is a cluster of one process (gantry dev): it has no gossip")
	}
	return s.members.RotateGossipKey()
}

// GossipKey returns the key in use, as far as this server knows. Nil: gossip is in the clear.
func (s *Server) GossipKey() []byte {
	if s.members == nil {
		return nil
	}
	return s.members.GossipKey()
}
