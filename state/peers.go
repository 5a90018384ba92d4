package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

// Peers returns the instances of a cluster that awsvpc tasks may be on, by id.
func (s *Snapshot) Peers(cluster string) iter.Seq[*structs.ContainerInstance] {
	return func(yield func(*structs.ContainerInstance) bool) {
		for i := range s.Instances(cluster) {
			if i.IsPeer() && !yield(i) {
				return
			}
		}
	}
}

// peersDiffer reports whether a change of an instance is one for its peers.
func peersDiffer(was, is *structs.ContainerInstance, removed bool) bool {
	if was == nil || removed {
		return is.IsPeer()
	}
	return was.IsPeer() != is.IsPeer() || is.IsPeer() && was.Peer() != is.Peer()
}
