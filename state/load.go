package state

// Loading fills a new store with saved rows. There may be millions, so unlike a transaction it
// derives indexes and other data from rows only at the end, all at once.
type Loading struct{ tx *Tx }

// Load returns a store at a raft index with the rows that fill puts, in any order, and fastest in
// the order of their keys. If fill fails, Load returns its error and no store.
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
