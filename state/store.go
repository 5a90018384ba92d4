package state

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gantry-project/gantry/structs"
)

// Store holds the newest state and publishes its changes.
type Store struct {
	current atomic.Pointer[Snapshot]
	write   sync.Mutex // one transaction at a time
	feed    feed
	// published is the raft index up to which the feed has every change
	published atomic.Uint64
}

// New returns an empty store of all nouns.
func New() *Store { return NewOf(Nouns()) }

// NewOf returns an empty store of some nouns.
func NewOf(nouns []Noun) *Store { return storeOf(newSnapshot(nouns)) }

// storeOf returns a store that begins with a state.
func storeOf(s *Snapshot) *Store {
	store := &Store{feed: feed{from: s.index, subs: map[Topic]map[*Subscription]struct{}{}}}
	store.current.Store(s)
	store.published.Store(s.index)
	return store
}

// Snapshot returns the newest state. It is immutable and costs nothing.
func (s *Store) Snapshot() *Snapshot { return s.current.Load() }

// Update runs one transaction at a raft index and makes its result the newest state. If fn fails,
// only the index changes, and Update returns the error. Only fsm calls it.
func (s *Store) Update(index uint64, fn func(*Tx) error) error {
	s.write.Lock()
	defer s.write.Unlock()
	old := s.current.Load()
	tx := old.begin(index)
	err := fn(tx)
	if err != nil {
		tx = old.begin(index)
	}
	tx.reclass()
	s.current.Store(tx.Snapshot)
	s.feed.publish(tx.events)
	s.published.Store(index)
	return err
}

// Published returns the raft index up to which every change has been handed to subscribers: what
// they take afterwards has them all.
func (s *Store) Published() uint64 { return s.published.Load() }

// Replace replaces the present state with a restored one. Subscribers are told to read everything
// again, and followers that they fell behind.
func (s *Store) Replace(restored *Store) {
	s.write.Lock()
	defer s.write.Unlock()
	old, is := s.current.Load(), restored.current.Load()
	s.current.Store(is)
	s.feed.replace(old.index, is.index)
	s.published.Store(is.index)
}

// Snapshot is the state at one raft index. The rows that it returns are shared: never change them.
type Snapshot struct {
	index  uint64
	nouns  []Noun
	tables []tables // by the number of the noun's table; nil if no noun has the number
	hosts  *hostTables
}

func newSnapshot(nouns []Noun) *Snapshot {
	s := &Snapshot{nouns: nouns, hosts: newHostTables()}
	for _, n := range nouns {
		for len(s.tables) <= int(n.Table()) {
			s.tables = append(s.tables, nil)
		}
		s.tables[n.Table()] = n.newTables()
	}
	return s
}

// Index returns the raft index of the last entry in the state.
func (s *Snapshot) Index() uint64 { return s.index }

// Nouns returns the nouns of the state, in the order in which people read them.
func (s *Snapshot) Nouns() []Noun { return s.nouns }

// Tx is one transaction: it reads its own writes. It is not safe for concurrent use.
type Tx struct {
	*Snapshot
	owned     [256]bool // by table: whether it is this transaction's own copy, which it may change
	ownsHosts bool
	// by instance: this transaction's own copies, which it may change
	usages map[string]*structs.Usage
	// touched holds the ids of instances with a change that affects the index of classes
	touched []string
	events  []Event
}

// begin returns a transaction on the state. It shares the tables of the state until it changes
// them.
func (s *Snapshot) begin(index uint64) *Tx {
	next := *s
	next.index, next.tables = index, slices.Clone(s.tables)
	return &Tx{Snapshot: &next, usages: map[string]*structs.Usage{}}
}
