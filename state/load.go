package state

// Loading fills a new store with rows that were saved. It differs from a transaction in what is
// derived from rows, of which there may be millions: that is made at the end, in one go.
type Loading struct{ tx *Tx }

// Load returns a store at a raft index with the rows that fill puts, in any order, and fastest in
// the order of their keys. When fill fails, Load returns no store and the error.
func Load(nouns []Noun, index uint64, fill func(*Loading) error) (*Store, error) {
	l := &Loading{newSnapshot(nouns).begin(index)}
	if err := fill(l); err != nil {
		return nil, err
	}
	for _, n := range nouns {
		n.derive(l.tx)
	}
	l.tx.reclass()
	return storeOf(l.tx.Snapshot), nil
}

// Put adds a row of a noun.
func (l *Loading) Put(n Noun, row any) { n.load(l.tx, row) }
