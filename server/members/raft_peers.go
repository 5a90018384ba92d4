package members

import (
	"cmp"
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// RaftPeers lists the raft peers as known to this server, even without a leader, and asks each for
// its progress.
func (m *Members) RaftPeers(ctx context.Context) structs.PeerList {
	list := structs.PeerList{Peers: []structs.Peer{}}
	peers := m.node.Peers()
	var ids []string
	for _, p := range peers {
		ids = append(ids, p.ID)
	}
	answers, leader := m.StatsOf(ctx, ids), m.node.Leader()
	for _, p := range peers {
		member, _ := m.gossip.Server(p.ID)
		peer := structs.Peer{ID: p.ID, Name: member.Name, Address: p.Address, Voter: p.Voter, Leader: p.ID == leader}
		if stats, answered := answers[p.ID]; answered {
			peer.Answers, peer.LastIndex, peer.LastTerm = true, stats.LastIndex, stats.LastTerm
			peer.LastContact = stats.LastContact.Milliseconds()
			if stats.LastContact < 0 { // less than a millisecond below zero means never
				peer.LastContact = -1
			}
		}
		list.Peers = append(list.Peers, peer)
	}
	slices.SortFunc(list.Peers, func(a, b structs.Peer) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return list
}
