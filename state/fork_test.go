package state

import (
	"slices"
	"sync"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// TestForksAreApart writes to forks of a snapshot and to its own store side by side: none sees the
// writes of another.
func TestForksAreApart(t *testing.T) {
	store := New()
	put := func(s *Store, index uint64, name string) {
		err := s.Update(index, func(tx *Tx) error {
			tx.PutCluster(&structs.Cluster{Name: name})
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	put(store, 1, "shared")
	snap := store.Snapshot()
	forks := []*Store{snap.Fork(), snap.Fork(), store}
	var writers sync.WaitGroup
	for n, s := range forks {
		writers.Go(func() {
			for index := range uint64(100) {
				put(s, 2+index, string(rune('a'+n)))
			}
		})
	}
	writers.Wait()
	for n, s := range forks {
		var names []string
		for c := range s.Snapshot().Clusters() {
			names = append(names, c.Name)
		}
		if want := []string{string(rune('a' + n)), "shared"}; !slices.Equal(names, want) || s.Snapshot().Index() != 101 {
			t.Errorf("store %d at index %d has %v, want %v", n, s.Snapshot().Index(), names, want)
		}
	}
	if n := len(slices.Collect(snap.Clusters())); n != 1 || snap.Index() != 1 {
		t.Errorf("the snapshot changed: index %d, %d clusters", snap.Index(), n)
	}
}

// TestManyForksOfOneSnapshot is for the race detector: the first write to a fork copies tables of
// the snapshot, which marks them, so copies must take turns.
func TestManyForksOfOneSnapshot(t *testing.T) {
	snap := New().Snapshot()
	put := func(tx *Tx) error {
		tx.PutInstance(&structs.ContainerInstance{ID: "i1"})
		tx.PutTask(task("t1", "j1", "i1"))
		return nil
	}
	for range 200 {
		var writers sync.WaitGroup
		for range 4 {
			writers.Go(func() {
				if err := snap.Fork().Update(1, put); err != nil {
					t.Error(err)
				}
			})
		}
		writers.Wait()
	}
}
