package state

import (
	"iter"
	"sync"

	"github.com/tidwall/btree"

	"github.com/gantry-project/gantry/structs"
)

// hostTables hold the data about instances and target groups that is derived from tasks.
type hostTables struct {
	copying sync.Mutex // guards copy, as in rows
	usage   table[usageRow]
	hosts   table[*host]  // by instance
	classes table[*class] // by cluster, its classes of like instances
	targets table[taskTarget]
}

func newHostTables() *hostTables {
	return &hostTables{
		usage: newTable(lessUsage), hosts: newTable(lessHost), classes: newTable(lessClass), targets: newTable(lessTaskTarget),
	}
}

func (h *hostTables) copy() *hostTables {
	h.copying.Lock()
	defer h.copying.Unlock()
	return &hostTables{usage: h.usage.copy(), hosts: h.hosts.copy(), classes: h.classes.copy(), targets: h.targets.copy()}
}

// ownHosts returns the transaction's own tables, which it may change: a copy made before the first
// change.
func (tx *Tx) ownHosts() *hostTables {
	if !tx.ownsHosts {
		tx.ownsHosts = true
		tx.hosts = tx.hosts.copy()
	}
	return tx.hosts
}

// Hosts returns the instances of a cluster by id, including INACTIVE ones, each with what its tasks
// hold: Instances and Usage in one pass. Both tables are ordered by instance id, so each lookup
// starts where the last one ended.
func (s *Snapshot) Hosts(cluster string) iter.Seq2[*structs.ContainerInstance, *structs.Usage] {
	return func(yield func(*structs.ContainerInstance, *structs.Usage) bool) {
		var at btree.PathHint
		nothing := &structs.Usage{}
		for i := range s.Instances(cluster) {
			usage := nothing
			if r, ok := s.hosts.usage.tree.GetHint(usageRow{instance: i.ID}, &at); ok {
				usage = r.usage
			}
			if !yield(i, usage) {
				return
			}
		}
	}
}
