package state

import "iter"

// roomRow says at which raft index room for tasks last appeared in a cluster.
type roomRow struct {
	cluster string
	index   uint64
}

func lessRoom(a, b roomRow) bool { return a.cluster < b.cluster }

// Room is the raft index at which room for tasks may last have appeared in a cluster; zero when it
// never did.
func (s *Snapshot) Room(cluster string) uint64 {
	r, _ := s.room.get(roomRow{cluster: cluster})
	return r.index
}

// Rooms gives every cluster in which room has appeared, by name, with the raft index.
func (s *Snapshot) Rooms() iter.Seq2[string, uint64] {
	return func(yield func(string, uint64) bool) {
		for r := range s.room.all() {
			if !yield(r.cluster, r.index) {
				return
			}
		}
	}
}

// PutRoom notes that room appeared in a cluster.
func (tx *Tx) PutRoom(cluster string, index uint64) { tx.room.put(roomRow{cluster, index}) }

// RemoveRoom forgets a cluster's room.
func (tx *Tx) RemoveRoom(cluster string) { tx.room.remove(roomRow{cluster: cluster}) }
