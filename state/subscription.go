package state

import "sync"

// TopicKind is what a topic is about.
type TopicKind uint8

const (
	// TopicEvaluations: evaluations; ID is an evaluation's, or empty for all.
	TopicEvaluations TopicKind = iota + 1
	// TopicInstanceTasks: tasks placed on an instance; ID is the instance's.
	TopicInstanceTasks
	// TopicInstances: container instances; ID is an instance's, or empty for all.
	TopicInstances
	// TopicPeers: container instances whose part in the network of awsvpc tasks changed; ID is the
	// cluster.
	TopicPeers
	// TopicTraffic: everything that decides who receives traffic: load balancers, listeners and
	// their rules, target groups and targets, tasks that are targets, services that have any with
	// their deployments, and instances whose connection, address or part as ingress changed.
	TopicTraffic
)

// Topic selects the changes that a subscriber wants. The zero Topic is not a topic.
type Topic struct {
	Kind TopicKind
	ID   string
}

// maxPending is how many changes may wait for a slow subscriber. Beyond that it is told to read
// everything again instead.
const maxPending = 1 << 16

// Subscription collects the changes of rows under its topics. One goroutine reads it.
type Subscription struct {
	// C has a value when there is something to take.
	C      chan struct{}
	feed   *feed
	topics []Topic

	mu     sync.Mutex
	events []Event
	resync bool
}

// Subscribe starts to collect the changes of rows under any of the topics, from the next
// transaction on. A snapshot taken after subscribing misses nothing. Close the subscription when
// done.
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

// Take returns the changes since the last Take, oldest first. If resync is true, changes were lost
// or the state was replaced, and the subscriber must read everything it needs from a new snapshot.
func (s *Subscription) Take() (events []Event, resync bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	events, resync = s.events, s.resync
	s.events, s.resync = nil, false
	return events, resync
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

// tell hands events to the subscribers of their topics. The caller holds f.mu.
func (f *feed) tell(events []Event) {
	if len(f.subs) == 0 {
		return
	}
	for i := range events {
		for _, t := range events[i].Noun.topics(&events[i]) {
			if t.Kind == 0 {
				continue
			}
			for sub := range f.subs[t] {
				sub.add(&events[i])
			}
		}
	}
}

// resync tells all subscribers to read everything again. The caller holds f.mu.
func (f *feed) resync() {
	for _, subs := range f.subs {
		for sub := range subs {
			sub.add(nil)
		}
	}
}

// add adds an event to the waiting ones. If it is nil, or too many wait, a resync replaces them
// all.
func (s *Subscription) add(e *Event) {
	s.mu.Lock()
	switch {
	case e == nil || len(s.events) >= maxPending:
		s.events, s.resync = nil, true
	case !s.resync:
		s.events = append(s.events, *e)
	}
	s.mu.Unlock()
	select {
	case s.C <- struct{}{}:
	default: // a value is waiting already
	}
}
