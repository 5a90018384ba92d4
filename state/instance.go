package state

import (
	"cmp"
	"iter"

	"github.com/gantry-project/gantry/structs"
)

func lessInstance(a, b *structs.ContainerInstance) bool { return a.ID < b.ID }

func lessClusterInstance(a, b *structs.ContainerInstance) bool {
	return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.ID, b.ID)) < 0
}

// Instance gives a container instance by id, nil when there is none.
func (s *Snapshot) Instance(id string) *structs.ContainerInstance {
	i, _ := s.instances.get(&structs.ContainerInstance{ID: id})
	return i
}

// AllInstances gives every instance of every cluster by id.
func (s *Snapshot) AllInstances() iter.Seq[*structs.ContainerInstance] { return s.instances.all() }

// Instances gives the instances of a cluster by id, INACTIVE ones too.
func (s *Snapshot) Instances(cluster string) iter.Seq[*structs.ContainerInstance] {
	return while(s.clusterInstances.from(&structs.ContainerInstance{Cluster: cluster}),
		func(i *structs.ContainerInstance) bool { return i.Cluster == cluster })
}

// PutInstance adds or replaces an instance. An instance never changes its cluster.
func (tx *Tx) PutInstance(i *structs.ContainerInstance) {
	tx.instances.put(i)
	tx.clusterInstances.put(i)
	tx.touched = append(tx.touched, i.ID)
	tx.changes = append(tx.changes, change{row: i, topics: [2]Topic{{Kind: TopicInstances}, {Kind: TopicInstances, ID: i.ID}}})
}

// RemoveInstance forgets an instance.
func (tx *Tx) RemoveInstance(i *structs.ContainerInstance) {
	tx.instances.remove(i)
	tx.clusterInstances.remove(i)
	tx.touched = append(tx.touched, i.ID)
}
