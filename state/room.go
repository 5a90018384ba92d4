package state

// Room is the raft index at which room for tasks last appeared in a cluster.
type Room struct {
	Cluster string `cbor:"1,keyasint"`
	Index   uint64 `cbor:"2,keyasint"`
}

var rooms = Declare(Declaration[Room]{
	Table: 12, Name: "clusters with room",
	Less: func(a, b *Room) bool { return a.Cluster < b.Cluster },
})

// Room returns the raft index at which room for tasks may last have appeared in a cluster, or zero
// if it never did.
func (s *Snapshot) Room(cluster string) uint64 {
	if r := rooms.get(s, &Room{Cluster: cluster}); r != nil {
		return r.Index
	}
	return 0
}

// PutRoom records that room appeared in a cluster.
func (tx *Tx) PutRoom(cluster string, index uint64) { rooms.put(tx, &Room{cluster, index}) }

// RemoveRoom removes a cluster's Room.
func (tx *Tx) RemoveRoom(cluster string) { rooms.remove(tx, &Room{Cluster: cluster}) }
