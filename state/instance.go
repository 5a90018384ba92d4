package state

import (
	"cmp"
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var instances = Declare(Declaration[structs.ContainerInstance]{
	Table: 4, Name: "container instances",
	Less: func(a, b *structs.ContainerInstance) bool { return a.ID < b.ID },
	Indexes: []Index[structs.ContainerInstance]{
		instancesByCluster: {
			Of: func(i *structs.ContainerInstance) string { return i.Cluster },
			Less: func(a, b *structs.ContainerInstance) bool {
				return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.ID, b.ID)) < 0
			},
		},
		instancesByBlock: {
			Of: func(i *structs.ContainerInstance) string { return i.Network.Block },
			Less: func(a, b *structs.ContainerInstance) bool {
				return cmp.Or(cmp.Compare(a.Network.Block, b.Network.Block), cmp.Compare(a.ID, b.ID)) < 0
			},
			Has: func(i *structs.ContainerInstance) bool { return i.Network.Block != "" },
		},
	},
	Topics: func(was, i *structs.ContainerInstance, removed bool) [maxTopics]Topic {
		topics := [maxTopics]Topic{{Kind: TopicInstances}, {Kind: TopicInstances, ID: i.ID}}
		if peersDiffer(was, i, removed) {
			topics[2] = Topic{Kind: TopicPeers, ID: i.Cluster}
		}
		if trafficDiffers(was, i, removed) {
			topics[3] = Topic{Kind: TopicTraffic}
		}
		return topics
	},
	Changed: func(tx *Tx, was, is *structs.ContainerInstance) {
		tx.touched = append(tx.touched, cmp.Or(is, was).ID)
	},
})

// The indexes of container instances.
const (
	instancesByCluster = iota // by cluster and id
	instancesByBlock          // by block of addresses and id; those that have one
)

// Instance returns a container instance by id, or nil if there is none.
func (s *Snapshot) Instance(id string) *structs.ContainerInstance {
	return instances.get(s, &structs.ContainerInstance{ID: id})
}

// AllInstances returns every instance of every cluster by id.
func (s *Snapshot) AllInstances() iter.Seq[*structs.ContainerInstance] { return instances.all(s) }

// Instances returns the instances of a cluster by id, including INACTIVE ones.
func (s *Snapshot) Instances(cluster string) iter.Seq[*structs.ContainerInstance] {
	return instances.of(s, instancesByCluster, &structs.ContainerInstance{Cluster: cluster})
}

// BlockHolders returns the instances of all clusters that have a block of addresses, by block and
// id.
func (s *Snapshot) BlockHolders() iter.Seq[*structs.ContainerInstance] {
	return instances.from(s, instancesByBlock, &structs.ContainerInstance{})
}

// HoldersOf returns the instances that have a block of addresses, by id. There should be one.
func (s *Snapshot) HoldersOf(block string) iter.Seq[*structs.ContainerInstance] {
	return instances.of(s, instancesByBlock, &structs.ContainerInstance{Network: structs.InstanceNetwork{Block: block}})
}

// PutInstance adds or replaces an instance.
func (tx *Tx) PutInstance(i *structs.ContainerInstance) { instances.put(tx, i) }

// RemoveInstance removes an instance.
func (tx *Tx) RemoveInstance(i *structs.ContainerInstance) { instances.remove(tx, i) }
