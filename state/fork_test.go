package state

import (
	"slices"
	"sync"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// TestForksAreApart: forks of one snapshot and the store that it is of are written side by side,
// and none sees another's writes.
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

// TestManyForksOfOneSnapshot: the first write to a fork copies the tables of the snapshot, which
// marks them; copies take turns. The race detector watches.
func TestManyForksOfOneSnapshot(t *testing.T) {
	snap := New().Snapshot()
	for range 200 {
		var writers sync.WaitGroup
		for range 4 {
			writers.Go(func() {
				if err := snap.Fork().Update(1, func(*Tx) error { return nil }); err != nil {
					t.Error(err)
				}
			})
		}
		writers.Wait()
	}
}
