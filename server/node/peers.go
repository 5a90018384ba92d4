package node

import (
	"fmt"

	"github.com/hashicorp/raft"
)

// Peer is a server of the raft cluster.
type Peer struct {
	ID      string
	Address string // host:port of its raft
	// Voter is false for a peer that is not up to date yet. Its vote does not count.
	Voter bool
}

// Peers returns the raft peers as known to this server. There are none if it is not in a cluster
// yet, or is stopping.
func (n *Node) Peers() []Peer {
	var peers []Peer
	for _, p := range configuration(n.raft).Servers {
		peers = append(peers, Peer{ID: string(p.ID), Address: string(p.Address), Voter: p.Suffrage == raft.Voter})
	}
	return peers
}

func configuration(node *raft.Raft) raft.Configuration {
	future := node.GetConfiguration()
	if future.Error() != nil {
		return raft.Configuration{} // raft is shutting down
	}
	return future.Configuration()
}

// Bootstrap makes this server the first of a new cluster of these peers. Raft adds the others.
func (n *Node) Bootstrap(peers []Peer) error {
	var c raft.Configuration
	for _, p := range peers {
		c.Servers = append(c.Servers, raft.Server{ID: raft.ServerID(p.ID), Address: raft.ServerAddress(p.Address)})
	}
	if err := n.raft.BootstrapCluster(c).Error(); err != nil {
		return fmt.Errorf("bootstrap raft: %w", err)
	}
	return nil
}
