package state

import (
	"iter"
	"maps"
	"slices"
	"sync"
)

// rows are the rows of a noun in one snapshot, ordered by their key and by each of the noun's
// indexes.
type rows[R any] struct {
	// copying guards copy, which marks the trees that it copies. Snapshots share rows that no
	// transaction between them has changed.
	copying sync.Mutex
	byKey   table[*R]
	indexes []table[*R] // as declared
}

func (n *NounOf[R]) newTables() tables {
	r := &rows[R]{byKey: newTable(n.Declaration.Less)}
	for _, index := range n.Declaration.Indexes {
		r.indexes = append(r.indexes, newTable(index.Less))
	}
	return r
}

func (r *rows[R]) copy() tables {
	r.copying.Lock()
	defer r.copying.Unlock()
	c := &rows[R]{byKey: r.byKey.copy(), indexes: make([]table[*R], len(r.indexes))}
	for i, index := range r.indexes {
		c.indexes[i] = index.copy()
	}
	return c
}

// in returns the rows of the noun in a snapshot, for reading.
func (n *NounOf[R]) in(s *Snapshot) *rows[R] { return s.tables[n.Declaration.Table].(*rows[R]) }

// own returns the transaction's own rows of the noun, which it may change: a copy made before the
// first change.
func (n *NounOf[R]) own(tx *Tx) *rows[R] {
	table := n.Declaration.Table
	if !tx.owned[table] {
		tx.owned[table] = true
		tx.tables[table] = tx.tables[table].copy()
	}
	return n.in(tx.Snapshot)
}

// get returns the row with the same key, or nil if there is none.
func (n *NounOf[R]) get(s *Snapshot, key *R) *R {
	row, _ := n.in(s).byKey.get(key)
	return row
}

// all returns the rows in the order of their key.
func (n *NounOf[R]) all(s *Snapshot) iter.Seq[*R] { return n.in(s).byKey.all() }

// allFrom returns the rows from key on, in the order of their key.
func (n *NounOf[R]) allFrom(s *Snapshot, key *R) iter.Seq[*R] { return n.in(s).byKey.from(key) }

// find returns the row with the same key in an index, or nil if there is none.
func (n *NounOf[R]) find(s *Snapshot, index int, key *R) *R {
	row, _ := n.in(s).indexes[index].get(key)
	return row
}

// from returns the rows of an index from key on.
func (n *NounOf[R]) from(s *Snapshot, index int, key *R) iter.Seq[*R] {
	return n.in(s).indexes[index].from(key)
}

// of returns the rows of an index with the same lookup text as key, which must sort before them
// all.
func (n *NounOf[R]) of(s *Snapshot, index int, key *R) iter.Seq[*R] {
	of := n.Declaration.Indexes[index].Of
	text := of(key)
	return while(n.from(s, index, key), func(row *R) bool { return of(row) == text })
}

func (n *NounOf[R]) put(tx *Tx, row *R) {
	r := n.own(tx)
	was := r.byKey.put(row)
	for i, index := range n.Declaration.Indexes {
		var replaced *R
		if index.has(row) {
			replaced = r.indexes[i].put(row)
		}
		if was != nil && replaced != was && index.has(was) {
			r.indexes[i].remove(was)
		}
	}
	n.changed(tx, was, row)
}

// remove removes the row with the same key, if there is one.
func (n *NounOf[R]) remove(tx *Tx, key *R) {
	r := n.own(tx)
	was := r.byKey.remove(key)
	if was == nil {
		return
	}
	for i, index := range n.Declaration.Indexes {
		if index.has(was) {
			r.indexes[i].remove(was)
		}
	}
	n.changed(tx, was, nil)
}

// changed updates the data that is derived from a row, and records the change for the feed.
func (n *NounOf[R]) changed(tx *Tx, was, is *R) {
	if derive := n.Declaration.Changed; derive != nil {
		derive(tx, was, is)
	}
	e := Event{Index: tx.index, Noun: n, Row: is}
	if was != nil {
		e.Before = was // a nil *R would not be a nil any
	}
	if is == nil {
		e.Row, e.Removed = was, true
	}
	tx.events = append(tx.events, e)
}

// load adds a row to a new store. Its indexes and other derived data follow in derive.
func (n *NounOf[R]) load(tx *Tx, row any) { n.in(tx.Snapshot).byKey.load(row.(*R)) }

// derive builds the indexes of loaded rows. Rows come in the order of their key, so those with the
// same lookup text in an index are usually in order already. That saves searching and sorting, and
// is several times faster than putting rows one by one.
func (n *NounOf[R]) derive(tx *Tx) {
	r := n.in(tx.Snapshot)
	for i, index := range n.Declaration.Indexes {
		groups := map[string][]*R{}
		for row := range r.byKey.all() {
			if index.has(row) {
				of := index.Of(row)
				groups[of] = append(groups[of], row)
			}
		}
		for _, of := range slices.Sorted(maps.Keys(groups)) {
			for _, row := range groups[of] {
				r.indexes[i].load(row)
			}
		}
	}
	if derive := n.Declaration.Changed; derive != nil {
		for row := range r.byKey.all() {
			derive(tx, nil, row)
		}
	}
}

func (x *Index[R]) has(row *R) bool { return x.Has == nil || x.Has(row) }
