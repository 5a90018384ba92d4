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
	},
	Topics: func(i *structs.ContainerInstance) [2]Topic {
		return [2]Topic{{Kind: TopicInstances}, {Kind: TopicInstances, ID: i.ID}}
	},
	Changed: func(tx *Tx, was, is *structs.ContainerInstance) {
		tx.touched = append(tx.touched, cmp.Or(is, was).ID)
	},
})

// The indexes of container instances.
const instancesByCluster = 0 // by cluster and id

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

// PutInstance adds or replaces an instance.
func (tx *Tx) PutInstance(i *structs.ContainerInstance) { instances.put(tx, i) }

// RemoveInstance removes an instance.
func (tx *Tx) RemoveInstance(i *structs.ContainerInstance) { instances.remove(tx, i) }
