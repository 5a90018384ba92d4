package liveness

import (
	"sync"
	"time"
)

const (
	// askEvery is how often a silent agent is probed.
	askEvery = 250 * time.Millisecond
	// believed is how long an answer counts.
	believed = time.Second
)

// Witness asks silent agents whether they are alive, over another path than that of their beats. It
// is safe for concurrent use.
type Witness struct {
	// ask asks the agents of instances and calls answered for each that answers, from any goroutine
	// and at any time. It does not wait for the answers.
	ask func(instances []string, answered func(instance string))

	mu       sync.Mutex
	asked    time.Time
	answered map[string]time.Time
}

// NewWitness returns a witness that uses ask.
func NewWitness(ask func(instances []string, answered func(instance string))) *Witness {
	return &Witness{ask: ask, answered: map[string]time.Time{}}
}

// Ask asks the instances in doubt, unless it did so less than askEvery ago.
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

// due reports whether it is time to ask, and records the time. If nobody is in doubt, it forgets
// all answers.
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

// Heard reports whether an instance has answered within the last second.
func (w *Witness) Heard(now time.Time, instance string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return now.Sub(w.answered[instance]) < believed
}
