package broker

// Stats counts the evaluations in the broker by where they are.
type Stats struct {
	Ready       int // a worker may take them
	Waiting     int // behind another of their job
	Outstanding int // with a worker
	Delayed     int // resting: its time has not come, or it was given back
}

// Stats counts.
func (b *Broker) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Stats{Ready: b.queue.ready, Outstanding: b.queue.taken, Waiting: b.queue.waiting()}
	s.Delayed = len(b.items) - s.Ready - s.Outstanding - s.Waiting
	return s
}
