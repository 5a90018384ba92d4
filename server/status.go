package server

import (
	"cmp"
	"context"
	"slices"

	"github.com/hashicorp/raft"
	autopilot "github.com/hashicorp/raft-autopilot"

	"github.com/gantry-project/gantry/structs"
)

// RaftPeers lists the raft peers as this server has them, whether a leader stands or not, and asks
// each how far it is.
func (s *Server) RaftPeers(ctx context.Context) structs.PeerList {
	list := structs.PeerList{Peers: []structs.Peer{}}
	if s.membership == nil { // gantry dev: raft has this process alone
		return structs.PeerList{Peers: []structs.Peer{{
			ID: s.config.ID, Name: s.config.ID, Voter: true, Leader: s.Leads(), Answers: true, LastIndex: s.raft.LastIndex(), LastTerm: s.raft.CurrentTerm(),
		}}}
	}
	m := s.membership
	servers := m.configuration().Servers
	ask := map[raft.ServerID]*autopilot.Server{}
	for _, p := range servers {
		ask[p.ID] = nil
	}
	answers := m.FetchServerStats(ctx, ask)
	_, leader := s.raft.LeaderWithID()
	for _, p := range servers {
		member, _ := m.gossip.Server(string(p.ID))
		peer := structs.Peer{ID: string(p.ID), Name: member.Name, Address: string(p.Address), Voter: p.Suffrage == raft.Voter, Leader: p.ID == leader}
		if stats := answers[p.ID]; stats != nil {
			peer.Answers, peer.LastIndex, peer.LastTerm = true, stats.LastIndex, stats.LastTerm
			peer.LastContact = stats.LastContact.Milliseconds()
			if stats.LastContact < 0 { // less than a millisecond below zero says "never"
				peer.LastContact = -1
			}
		}
		list.Peers = append(list.Peers, peer)
	}
	slices.SortFunc(list.Peers, func(a, b structs.Peer) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return list
}
