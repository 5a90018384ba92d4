package state

import (
	"context"
	"errors"
	"sort"
	"sync"
)

// An Event is one change of one row. Those of one transaction have the same index and are in the
// order in which it made them.
type Event struct {
	Index uint64 // of the raft log entry that made the change
	Noun  Noun
	// Row is the row as it was put, or the one that was removed: a pointer to the noun's type,
	// shared and never changed.
	Row any
	// Before is the row that was there before, nil when there was none.
	Before  any
	Removed bool
}

// maxEvents is how many events a store keeps for its followers. 2,000 agents that start a task
// each make about 10,000, so a follower that comes to look within a burst has lost nothing. An
// event takes 64 bytes, and keeps alive a row or two that the state may have replaced since: of
// tasks, about a kilobyte each.
const maxEvents = 1 << 14

// ErrFellBehind reports that events which a follower has not seen are gone, or that the state was
// replaced. Read a new snapshot, and follow from its index.
var ErrFellBehind = errors.New("fell behind the changes of the state")

// feed hands out the changes of a store: all of them to followers, those of their topics to
// subscribers.
type feed struct {
	mu sync.Mutex
	// batches has the newest events, one batch for each raft index that has some, in order.
	batches [][]Event
	kept    int    // events in batches
	from    uint64 // batches has every event after this index
	// replaced is the last index of a state that another took the place of, zero if none did. A
	// restored state may have a lower index than the one before it.
	replaced uint64
	replaces int // how often that was
	// closed when there is something new; nil if nobody waits
	grown chan struct{}
	subs  map[Topic]map[*Subscription]struct{} // open subscriptions
}

// Follower reads the changes of a store, every one once. One goroutine uses it. There is nothing to
// close.
type Follower struct {
	feed     *feed
	after    uint64
	replaces int
}

// Follow returns a follower of the changes after a raft index, which is most often that of a
// snapshot.
func (s *Store) Follow(after uint64) *Follower {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	return &Follower{feed: &s.feed, after: after, replaces: s.feed.replaces}
}

// Next returns the events of the next raft index that has some, all of them, and waits for it when
// there is none yet. They are in the newest snapshot by then. The events are shared: never change
// them. Next fails with ErrFellBehind, from then on with each call, and when ctx ends.
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

// take returns the next events, or else what to wait for.
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

// lacks reports whether the feed no longer has all events after an index, or the index is of a
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

// replace forgets all events: the state is another, at an index of its own.
func (f *feed) replace(old, index uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches, f.kept, f.from = nil, 0, index
	f.replaced, f.replaces = max(f.replaced, old), f.replaces+1
	f.wake()
	f.resync()
}

// wake lets followers look.
func (f *feed) wake() {
	if f.grown != nil {
		close(f.grown)
		f.grown = nil
	}
}
