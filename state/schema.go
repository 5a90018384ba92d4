package state

import "iter"

// Nouns returns every noun of the state, in the order in which people read them. A new noun is
// declared in its own file and takes one line here. The store, the snapshot on disk, its content
// check and the feed read the declarations and keep no lists of their own.
func Nouns() []Noun {
	return []Noun{
		clusters,
		instances,
		capacityProviders,
		taskDefinitions,
		revisions,
		jobs,
		jobVersions,
		deployments,
		tasks,
		evaluations,
		serviceEvents,
		tags,
		rooms,
		accessKeys,
		bootstraps,
		accountSettings,
		volumeMappings,
		vaultKeys,
		secrets,
		parameters,
		roles,
		managedPolicies,
		bucketMappings,
		logGroups,
		loadBalancers,
		listeners,
		listenerRules,
		targetGroups,
		targets,
	}
}

// Declaration describes a noun whose rows are *R. The tags of R's fields describe how a row is
// encoded.
type Declaration[R any] struct {
	// Table is the number of the noun's table in a snapshot on disk, from 1. It never changes and
	// is never reused for another noun.
	Table byte
	// Name is the name for people: the plural, in lower case.
	Name string
	// Less orders the rows by their key. There is one row for each key.
	Less func(a, b *R) bool
	// Indexes are additional orders of the rows.
	Indexes []Index[R]
	// Topics returns the topics of a change, for subscribers. was is nil for a new row; is is the
	// row that was removed, if removed is true. It is nil for a noun without topics.
	Topics func(was, is *R, removed bool) [maxTopics]Topic
	// Changed updates derived data other than the noun's indexes; was is nil for a new row, and is
	// is nil for a removed one. It is nil if nothing is derived.
	Changed func(tx *Tx, was, is *R)
}

// Index is an additional order of the rows of a noun. If a row's key in the index changes, the row
// is found only at its new place.
type Index[R any] struct {
	// Of returns the lookup text of a row, which is the first part of the order.
	Of func(*R) string
	// Less orders the rows of the index; no two rows may be equal.
	Less func(a, b *R) bool
	// Has reports whether a row is in the index. If nil, all rows are.
	Has func(*R) bool
}

// Noun is a kind of row, for code that handles all kinds alike. A row is a pointer to the noun's
// type, such as *structs.Task.
type Noun interface {
	// Table returns the number of the noun's table in a snapshot on disk.
	Table() byte
	// Name returns the name of the noun for people.
	Name() string
	// NewRow returns an empty row to decode into.
	NewRow() any
	// All returns the rows in the order of their key.
	All(*Snapshot) iter.Seq[any]
	// Put adds a row, or replaces the one with the same key.
	Put(tx *Tx, row any)
	// Remove removes the row with the same key, if there is one.
	Remove(tx *Tx, row any)

	newTables() tables
	load(tx *Tx, row any)
	derive(*Tx)
	topics(*Event) [maxTopics]Topic
}

// tables are the rows of one noun in a snapshot.
type tables interface{ copy() tables }

// NounOf is a Noun whose rows are *R.
type NounOf[R any] struct{ Declaration Declaration[R] }

// Declare returns the declared noun.
func Declare[R any](d Declaration[R]) *NounOf[R] { return &NounOf[R]{d} }

// Table implements Noun.
func (n *NounOf[R]) Table() byte { return n.Declaration.Table }

// Name implements Noun.
func (n *NounOf[R]) Name() string { return n.Declaration.Name }

// NewRow implements Noun.
func (n *NounOf[R]) NewRow() any { return new(R) }

// All implements Noun.
func (n *NounOf[R]) All(s *Snapshot) iter.Seq[any] {
	return func(yield func(any) bool) {
		for row := range n.all(s) {
			if !yield(row) {
				return
			}
		}
	}
}

// Put implements Noun.
func (n *NounOf[R]) Put(tx *Tx, row any) { n.put(tx, row.(*R)) }

// Remove implements Noun.
func (n *NounOf[R]) Remove(tx *Tx, row any) { n.remove(tx, row.(*R)) }

// maxTopics is how many topics a change may have.
const maxTopics = 4

func (n *NounOf[R]) topics(e *Event) [maxTopics]Topic {
	if n.Declaration.Topics == nil {
		return [maxTopics]Topic{}
	}
	was, _ := e.Before.(*R)
	return n.Declaration.Topics(was, e.Row.(*R), e.Removed)
}
