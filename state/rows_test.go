package state

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

// shelved is a row of a noun with two indexes, of which the second has only some of the rows.
type shelved struct {
	ID, Room string
	Gone     bool
}

var shelveds = Declare(Declaration[shelved]{
	Table: 254, Name: "shelved things",
	Less: func(a, b *shelved) bool { return a.ID < b.ID },
	Indexes: []Index[shelved]{
		byRoom: {Of: shelvedRoom, Less: lessShelvedRoom},
		here:   {Of: shelvedRoom, Less: lessShelvedRoom, Has: func(r *shelved) bool { return !r.Gone }},
	},
})

const (
	byRoom = iota
	here
)

func shelvedRoom(r *shelved) string { return r.Room }

func lessShelvedRoom(a, b *shelved) bool {
	return cmp.Or(cmp.Compare(a.Room, b.Room), cmp.Compare(a.ID, b.ID)) < 0
}

// shelves lists what each index has, room by room.
func shelves(s *Snapshot) string {
	var list []string
	for _, index := range []int{byRoom, here} {
		for _, room := range []string{"a", "ab", "b"} {
			for r := range shelveds.of(s, index, &shelved{Room: room}) {
				list = append(list, room+r.ID)
			}
		}
		list = append(list, "|")
	}
	return strings.Join(list, " ")
}

// TestIndexes: an index has each row at the place of its present key, and only the rows that belong
// to it.
func TestIndexes(t *testing.T) {
	w := &writer{TB: t, Store: NewOf([]Noun{shelveds})}
	put := func(r shelved) func(*Tx) { return func(tx *Tx) { shelveds.put(tx, &r) } }
	for _, step := range []struct {
		name   string
		change func(*Tx)
		want   string
	}{
		{"new", put(shelved{ID: "1", Room: "b"}), "b1 | b1 |"},
		{"of names that begin alike", put(shelved{ID: "2", Room: "ab"}), "ab2 b1 | ab2 b1 |"},
		{"moved", put(shelved{ID: "1", Room: "a"}), "a1 ab2 | a1 ab2 |"},
		{"out of one index", put(shelved{ID: "1", Room: "a", Gone: true}), "a1 ab2 | ab2 |"},
		{"moved meanwhile", put(shelved{ID: "1", Room: "b", Gone: true}), "ab2 b1 | ab2 |"},
		{"in again", put(shelved{ID: "1", Room: "a"}), "a1 ab2 | a1 ab2 |"},
		{"removed by key alone", func(tx *Tx) { shelveds.remove(tx, &shelved{ID: "1"}) }, "ab2 | ab2 |"},
		{"removed again", func(tx *Tx) { shelveds.remove(tx, &shelved{ID: "1"}) }, "ab2 | ab2 |"},
	} {
		before := w.Snapshot()
		listed := shelves(before)
		w.write(step.change)
		if got := shelves(w.Snapshot()); got != step.want {
			t.Errorf("%s: the indexes have %q, want %q", step.name, got, step.want)
		}
		if shelves(before) != listed {
			t.Errorf("%s: an earlier snapshot changed", step.name)
		}
	}
}

// TestLoadMakesIndexes: they equal those of a store in which the rows were put one by one, in any
// order.
func TestLoadMakesIndexes(t *testing.T) {
	all := []*shelved{{"4", "a", false}, {"1", "b", false}, {"3", "a", true}, {"2", "ab", false}, {"5", "a", false}}
	loaded, err := Load([]Noun{shelveds}, 1, func(l *Loading) error {
		for _, r := range all {
			l.Put(shelveds, r)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := shelves(loaded.Snapshot()), "a3 a4 a5 ab2 b1 | a4 a5 ab2 b1 |"; got != want {
		t.Errorf("the indexes have %q, want %q", got, want)
	}
}

// TestSnapshotsShareWhatDoesNotChange: a transaction copies the tables that it changes and no
// others.
func TestSnapshotsShareWhatDoesNotChange(t *testing.T) {
	w := newWriter(t)
	w.write(func(tx *Tx) { tx.PutTask(task("t1", "j1", "i1")) })
	before := w.Snapshot()
	w.write(func(tx *Tx) { tx.PutRoom("prod", 2) })
	after := w.Snapshot()
	var copied []string
	for _, n := range Nouns() {
		if before.tables[n.Table()] != after.tables[n.Table()] {
			copied = append(copied, n.Name())
		}
	}
	if !slices.Equal(copied, []string{rooms.Name()}) || before.hosts != after.hosts {
		t.Errorf("copied %v, hosts %v; want rooms alone", copied, before.hosts != after.hosts)
	}
}
