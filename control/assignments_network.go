package control

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// networkStream is the part of an agent's stream about the network of awsvpc tasks. The zero value
// is that of an agent that runs none, and costs nothing.
type networkStream struct {
	asks      bool
	addresses string // of all tasks
	block     string // the instance's own, as the agent was last told
	// peers are the other instances as the agent was last told, by id.
	peers map[string]structs.NetworkPeer
}

// frame returns what is new to the agent, nil if nothing is. A full frame has everything.
func (n *networkStream) frame(snap *state.Snapshot, instance string, changes []state.Event, full bool) *structs.NetworkFrame {
	self := snap.Instance(instance)
	if !n.asks || self == nil {
		return nil
	}
	frame := &structs.NetworkFrame{Full: full, Range: n.addresses, Block: self.Network.Block}
	if full {
		n.peers = map[string]structs.NetworkPeer{}
		for i := range snap.Peers(self.Cluster) {
			n.tell(frame, self, i, i.ID)
		}
	} else {
		for _, change := range changes {
			if changed, ok := change.Row.(*structs.ContainerInstance); ok {
				n.tell(frame, self, snap.Instance(changed.ID), changed.ID)
			}
		}
	}
	if !full && frame.Block == n.block && len(frame.Peers) == 0 && len(frame.Gone) == 0 {
		return nil
	}
	n.block = frame.Block
	return frame
}

// tell adds an instance to a frame if it is not as the agent knows it. i is nil if it is gone.
func (n *networkStream) tell(frame *structs.NetworkFrame, self, i *structs.ContainerInstance, id string) {
	if id == self.ID {
		return
	}
	told, known := n.peers[id]
	switch {
	case i != nil && i.IsPeer():
		if is := i.Peer(); is != told {
			n.peers[id], frame.Peers = is, append(frame.Peers, is)
		}
	case known:
		delete(n.peers, id)
		frame.Gone = append(frame.Gone, id)
	}
}
