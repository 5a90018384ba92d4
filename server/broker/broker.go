package broker

import (
	"cmp"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// ErrClosed is returned by Dequeue once the broker is closed.
var ErrClosed = errors.New("the evaluation broker is closed")

// Config holds what a broker needs. Zero durations mean the defaults.
type Config struct {
	// AckTimeout is how long a worker may hold an evaluation before another gets it. Default 60 s.
	AckTimeout time.Duration
	// NackDelay is how long an evaluation is delayed after it was first given back; it doubles each
	// time. Default 1 s.
	NackDelay time.Duration
	// MaxNackDelay limits the doubling. Default 60 s.
	MaxNackDelay time.Duration
	// YieldDelay is how long an evaluation that made way for a more important one is delayed.
	// Default 5 ms.
	YieldDelay time.Duration
	// Importance returns the priority of an evaluation's job. Default: all are equal.
	Importance func(*structs.Evaluation) int
	// Now returns the time that WaitUntil is compared with. Default: time.Now. It may stand still
	// while timers go on: durations are measured only by timers.
	Now func() time.Time
	// Logger logs evaluations that workers did not answer in time. Default: none.
	Logger *slog.Logger
}

// Broker is safe for concurrent use.
type Broker struct {
	config Config
	closed chan struct{}
	// wake holds a value while something may be ready. A goroutine that takes the value and leaves
	// something ready must put one back.
	wake chan struct{}

	mu    sync.Mutex
	queue queue
	// items holds every evaluation that is in the broker, by id.
	items  map[string]*item
	tokens Token // the last token given
}

// New returns an empty broker.
func New(c Config) *Broker {
	c.AckTimeout = cmp.Or(c.AckTimeout, time.Minute)
	c.NackDelay = cmp.Or(c.NackDelay, time.Second)
	c.MaxNackDelay = cmp.Or(c.MaxNackDelay, time.Minute)
	c.YieldDelay = cmp.Or(c.YieldDelay, 5*time.Millisecond)
	if c.Importance == nil {
		c.Importance = func(*structs.Evaluation) int { return 0 }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	return &Broker{
		config: c,
		closed: make(chan struct{}),
		wake:   make(chan struct{}, 1),
		queue:  newQueue(),
		items:  map[string]*item{},
	}
}

// Enqueue adds an evaluation, or replaces an older version of it (by ModifyIndex). An evaluation
// that changes while a worker holds it is delivered again afterward: the worker may have read state
// before the change. One with a WaitUntil is delayed until then.
func (b *Broker) Enqueue(e *structs.Evaluation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.isClosed() {
		return
	}
	it := b.items[e.ID]
	switch {
	case it == nil:
		it = &item{eval: e, priority: b.config.Importance(e)}
		b.items[e.ID] = it
		b.inTime(it)
	case e.ModifyIndex > it.eval.ModifyIndex:
		it.eval = e
		it.changed = it.token != 0
	}
}

// Forget drops a delayed evaluation. One that is in the queue or with a worker stays: the worker
// will see that it is decided.
func (b *Broker) Forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if it := b.items[id]; it != nil && it.token == 0 && it.timer != nil {
		it.stopTimer()
		delete(b.items, id)
	}
}

// Close ends the broker. It forgets all evaluations and invalidates all tokens.
func (b *Broker) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.isClosed() {
		return
	}
	close(b.closed)
	for _, it := range b.items {
		it.stopTimer()
	}
	b.items, b.queue = map[string]*item{}, newQueue()
}

func (b *Broker) isClosed() bool {
	select {
	case <-b.closed:
		return true
	default:
		return false
	}
}
