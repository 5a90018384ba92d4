package liveness

import (
	"sync"
	"time"
)

const (
	// askEvery is how often an agent is asked that is silent.
	askEvery = 250 * time.Millisecond
	// believed is how long an answer counts.
	believed = time.Second
)

// Witness asks agents that are silent whether they are there, by another way than their beats come.
// Safe for concurrent use.
type Witness struct {
	// ask asks agents, and tells of each that answers, from any goroutine and at any time. It does
	// not wait for the answers.
	ask func(instances []string, answered func(instance string))

	mu       sync.Mutex
	asked    time.Time
	answered map[string]time.Time
}

// NewWitness makes a witness of a way to ask.
func NewWitness(ask func(instances []string, answered func(instance string))) *Witness {
	return &Witness{ask: ask, answered: map[string]time.Time{}}
}

// Ask asks the instances that are in doubt, unless it did a moment ago.
func (w *Witness) Ask(now time.Time, doubt []string) {
	if !w.due(now, doubt) {
		return
	}
	w.ask(doubt, func(instance string) {
		at := time.Now()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.answered[instance] = at
	})
}

// due reports whether it is time to ask, and notes that it is done. When nobody is in doubt, what was
// answered is forgotten.
func (w *Witness) due(now time.Time, doubt []string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(doubt) == 0 {
		clear(w.answered)
		return false
	}
	if now.Sub(w.asked) < askEvery {
		return false
	}
	w.asked = now
	return true
}

// Heard reports whether an instance has answered a moment ago.
func (w *Witness) Heard(now time.Time, instance string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return now.Sub(w.answered[instance]) < believed
}
