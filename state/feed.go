package state

import (
	"context"
	"errors"
	"sort"
	"sync"
)

// Event is one change of one row. The events of a transaction have the same index and are in the
// order in which it made the changes.
type Event struct {
	Index uint64 // the raft index of the entry that made the change
	Noun  Noun
	// Row is the row that was put or removed: a pointer to the noun's type, shared and never
	// changed.
	Row any
	// Before is the row that was there before, nil if there was none.
	Before  any
	Removed bool
}

// maxEvents is how many events a store keeps for its followers. 2,000 agents that each start a task
// make about 10,000, so a follower that looks once within a burst has lost nothing. An event takes
// 64 bytes, and keeps alive a row or two that the state may have replaced since, about a kilobyte
// each for tasks.
const maxEvents = 1 << 14

// ErrFellBehind reports that a follower missed events, which are gone, or that the state was
// replaced. The reader should take a new snapshot and follow from its index.
var ErrFellBehind = errors.New("fell behind the changes of the state")

// feed hands out the changes of a store: all changes to followers, and changes under their topics
// to subscribers.
type feed struct {
	mu sync.Mutex
	// batches has the newest events in order, one batch for each raft index that has any.
	batches [][]Event
	kept    int    // events in batches
	from    uint64 // batches has every event after this index
	// replaced is the last index of the state that was last replaced, zero if none was. A restored
	// state may have a lower index than the one before it.
	replaced uint64
	replaces int // how often the state was replaced
	// closed when there is something new; nil if nobody waits
	grown chan struct{}
	subs  map[Topic]map[*Subscription]struct{} // open subscriptions
}

// Follower reads the changes of a store, each exactly once. It is for one goroutine, and need not
// be closed.
type Follower struct {
	feed     *feed
	after    uint64
	replaces int
}

// Follow returns a follower of the changes after a raft index, usually a snapshot's.
func (s *Store) Follow(after uint64) *Follower {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	return &Follower{feed: &s.feed, after: after, replaces: s.feed.replaces}
}

// Next waits for the next raft index that has events and returns all of them. By then they are in
// the newest snapshot. The events are shared: never change them. Next fails when ctx ends, and with
// ErrFellBehind, then in every further call too.
func (f *Follower) Next(ctx context.Context) ([]Event, error) {
	for {
		events, grown, err := f.take()
		if len(events) > 0 || err != nil {
			return events, err
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// take returns the next events or, if there are none, a channel to wait on.
func (f *Follower) take() (events []Event, grown <-chan struct{}, err error) {
	f.feed.mu.Lock()
	defer f.feed.mu.Unlock()
	if f.replaces != f.feed.replaces || f.feed.lacks(f.after) {
		return nil, nil, ErrFellBehind
	}
	batches := f.feed.batches
	next := sort.Search(len(batches), func(i int) bool { return batches[i][0].Index > f.after })
	if next < len(batches) {
		f.after = batches[next][0].Index
		return batches[next], nil, nil
	}
	if f.feed.grown == nil {
		f.feed.grown = make(chan struct{})
	}
	return nil, f.feed.grown, nil
}

// lacks reports whether the feed no longer has all events after an index, or the index belongs to a
// state that was replaced.
func (f *feed) lacks(after uint64) bool {
	return after < f.from || f.from < after && after <= f.replaced
}

// publish hands out the events of one transaction.
func (f *feed) publish(events []Event) {
	if len(events) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches, f.kept = append(f.batches, events), f.kept+len(events)
	for f.kept > maxEvents && len(f.batches) > 1 {
		oldest := f.batches[0]
		f.batches[0] = nil
		f.batches, f.kept, f.from = f.batches[1:], f.kept-len(oldest), oldest[0].Index
	}
	f.wake()
	f.tell(events)
}

// replace forgets all events, because the state was replaced by another with its own index.
func (f *feed) replace(old, index uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches, f.kept, f.from = nil, 0, index
	f.replaced, f.replaces = max(f.replaced, old), f.replaces+1
	f.wake()
	f.resync()
}

// wake wakes the followers that wait.
func (f *feed) wake() {
	if f.grown != nil {
		close(f.grown)
		f.grown = nil
	}
}
