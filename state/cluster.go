package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var clusters = Declare(Declaration[structs.Cluster]{
	Table: 1, Name: "clusters",
	Less: func(a, b *structs.Cluster) bool { return a.Name < b.Name },
})

// Cluster returns a cluster by name, or nil if there is none.
func (s *Snapshot) Cluster(name string) *structs.Cluster {
	return clusters.get(s, &structs.Cluster{Name: name})
}

// Clusters returns all clusters by name, including deleted ones that are not removed yet.
func (s *Snapshot) Clusters() iter.Seq[*structs.Cluster] { return clusters.all(s) }

// PutCluster adds or replaces a cluster.
func (tx *Tx) PutCluster(c *structs.Cluster) { clusters.put(tx, c) }

// RemoveCluster removes a cluster.
func (tx *Tx) RemoveCluster(name string) { clusters.remove(tx, &structs.Cluster{Name: name}) }
