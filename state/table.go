package state

import (
	"iter"

	"github.com/tidwall/btree"
)

// table is an ordered set of rows that is cheap to copy: a copy shares everything that neither side
// has changed since.
type table[R any] struct{ tree *btree.BTreeG[R] }

func newTable[R any](less func(a, b R) bool) table[R] {
	// Locks are off: only one transaction writes a table, before any reader can see it.
	return table[R]{btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})}
}

func (t table[R]) copy() table[R] { return table[R]{t.tree.Copy()} }

// put returns the row that was replaced, zero if none was.
func (t table[R]) put(row R) (was R) {
	was, _ = t.tree.Set(row)
	return was
}

// remove returns the row that was removed, zero if there was none.
func (t table[R]) remove(key R) (was R) {
	was, _ = t.tree.Delete(key)
	return was
}

// load is like put, but fastest for a row that sorts after all others.
func (t table[R]) load(row R)          { t.tree.Load(row) }
func (t table[R]) get(key R) (R, bool) { return t.tree.Get(key) }
func (t table[R]) all() iter.Seq[R]    { return func(yield func(R) bool) { t.tree.Scan(yield) } }
func (t table[R]) from(key R) iter.Seq[R] {
	return func(yield func(R) bool) { t.tree.Ascend(key, yield) }
}

// while ends a sequence at the first row for which ok is false.
func while[R any](seq iter.Seq[R], ok func(R) bool) iter.Seq[R] {
	return func(yield func(R) bool) {
		for r := range seq {
			if !ok(r) || !yield(r) {
				return
			}
		}
	}
}
