package state

import (
	"iter"

	"github.com/tidwall/btree"

	"github.com/gantry-project/gantry/structs"
)

// Hosts gives the instances of a cluster by id, INACTIVE ones too, each with what its tasks hold:
// Instances and Usage in one pass. Both tables are by instance id, so each look-up starts where the
// last one ended.
func (s *Snapshot) Hosts(cluster string) iter.Seq2[*structs.ContainerInstance, *structs.Usage] {
	return func(yield func(*structs.ContainerInstance, *structs.Usage) bool) {
		var at btree.PathHint
		nothing := &structs.Usage{}
		for i := range s.Instances(cluster) {
			usage := nothing
			if r, ok := s.usage.tree.GetHint(usageRow{instance: i.ID}, &at); ok {
				usage = r.usage
			}
			if !yield(i, usage) {
				return
			}
		}
	}
}
