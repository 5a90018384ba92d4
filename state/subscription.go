package state

import "sync"

// TopicKind says what a topic is about.
type TopicKind uint8

const (
	// TopicEvaluations: evaluations; ID is an evaluation's, or empty for all.
	TopicEvaluations TopicKind = iota + 1
	// TopicInstanceTasks: tasks placed on an instance; ID is the instance's.
	TopicInstanceTasks
	// TopicInstances: container instances; ID is an instance's, or empty for all.
	TopicInstances
)

// Topic is what a subscriber wants to hear of.
type Topic struct {
	Kind TopicKind
	ID   string
}

// maxPending is how many changes a slow subscriber may have waiting before it is told to look at
// everything instead.
const maxPending = 1 << 16

// change is one row that a transaction put, with the topics it belongs to.
type change struct {
	row    any
	topics [2]Topic // unused ones are zero
}

type feed struct {
	mu   sync.Mutex
	subs map[Topic]map[*Subscription]struct{}
}

// Subscription hears of changed rows. One goroutine reads it.
type Subscription struct {
	// C has a value when there is something to take.
	C      chan struct{}
	feed   *feed
	topics []Topic

	mu     sync.Mutex
	rows   []any
	resync bool
}

// Subscribe starts to collect the rows that change under any of the topics, from the next
// transaction on. Take a snapshot after subscribing and nothing is missed. Close it when done.
func (s *Store) Subscribe(topics ...Topic) *Subscription {
	sub := &Subscription{C: make(chan struct{}, 1), feed: &s.feed, topics: topics}
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	for _, t := range topics {
		if s.feed.subs[t] == nil {
			s.feed.subs[t] = map[*Subscription]struct{}{}
		}
		s.feed.subs[t][sub] = struct{}{}
	}
	return sub
}

// Take gives the rows (pointers to nouns, as put) that changed since the last Take, oldest first.
// With resync true rows were lost or state was replaced, and the subscriber must read everything it
// cares for from a new snapshot.
func (s *Subscription) Take() (rows []any, resync bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, resync = s.rows, s.resync
	s.rows, s.resync = nil, false
	return rows, resync
}

// Close ends the subscription.
func (s *Subscription) Close() {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	for _, t := range s.topics {
		delete(s.feed.subs[t], s)
		if len(s.feed.subs[t]) == 0 {
			delete(s.feed.subs, t)
		}
	}
}

func (s *Subscription) add(row any, resync bool) {
	s.mu.Lock()
	switch {
	case resync || len(s.rows) >= maxPending:
		s.rows, s.resync = nil, true
	case !s.resync:
		s.rows = append(s.rows, row)
	}
	s.mu.Unlock()
	select {
	case s.C <- struct{}{}:
	default: // a value is waiting already
	}
}

func (f *feed) publish(changes []change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range changes {
		for _, t := range c.topics {
			for sub := range f.subs[t] {
				sub.add(c.row, false)
			}
		}
	}
}

func (f *feed) resync() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, subs := range f.subs {
		for sub := range subs {
			sub.add(nil, true)
		}
	}
}
