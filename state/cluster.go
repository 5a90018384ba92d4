package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

func lessCluster(a, b *structs.Cluster) bool { return a.Name < b.Name }

// Cluster gives a cluster by name, nil when there is none.
func (s *Snapshot) Cluster(name string) *structs.Cluster {
	c, _ := s.clusters.get(&structs.Cluster{Name: name})
	return c
}

// Clusters gives all clusters by name, deleted ones that are not forgotten yet too.
func (s *Snapshot) Clusters() iter.Seq[*structs.Cluster] { return s.clusters.all() }

// PutCluster adds or replaces a cluster.
func (tx *Tx) PutCluster(c *structs.Cluster) { tx.clusters.put(c) }

// RemoveCluster forgets a cluster.
func (tx *Tx) RemoveCluster(name string) { tx.clusters.remove(&structs.Cluster{Name: name}) }
