package broker

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// ErrClosed answers Dequeue once the broker is closed.
var ErrClosed = errors.New("the evaluation broker is closed")

// ErrNotOutstanding answers Ack and Nack with a token that does not hold the evaluation, or no
// longer.
var ErrNotOutstanding = errors.New("the evaluation is not held by this token")

// Config is what a broker needs. Zero durations take the defaults.
type Config struct {
	// AckTimeout is how long a worker may hold an evaluation before another gets it. Default 60 s.
	AckTimeout time.Duration
	// NackDelay is how long an evaluation rests after it was first given back; it doubles each
	// further time. Default 1 s.
	NackDelay time.Duration
	// MaxNackDelay bounds the doubling. Default 60 s.
	MaxNackDelay time.Duration
	// YieldDelay is how long an evaluation rests that made way for a more important one. Default 5
	// ms.
	YieldDelay time.Duration
	// Importance gives the priority of an evaluation's job. Default: all are alike.
	Importance func(*structs.Evaluation) int
	// Now is the time that WaitUntil is of. Default: the system's.
	Now func() time.Time
	// Logger hears of evaluations that workers lost. Default: none.
	Logger *slog.Logger
}

// Token says that a worker holds an evaluation. Each delivery has its own.
type Token uint64

// Broker is safe for concurrent use.
type Broker struct {
	config Config
	closed chan struct{}
	// wake has a value when there may be something ready. Whoever takes the value and leaves
	// something ready puts it back.
	wake chan struct{}

	mu    sync.Mutex
	queue queue
	// items holds every evaluation that is in the broker, by id.
	items  map[string]*item
	tokens Token // the last one given
}

// New makes an empty broker.
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

// Enqueue adds an evaluation, or puts a newer one (by ModifyIndex) in place of the same. One that
// changes while a worker holds it is delivered again afterwards: the worker may have read state
// before the change. One with a WaitUntil rests until then.
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

// Forget drops an evaluation that rests. One that is in the queue or with a worker is left to be
// delivered: the worker sees that it is decided.
func (b *Broker) Forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if it := b.items[id]; it != nil && it.token == 0 && it.timer != nil {
		it.stopTimer()
		delete(b.items, id)
	}
}

// Dequeue waits for an evaluation, the most important and then the oldest that is ready, and gives
// it with the token to acknowledge it by. What is less important waits while a worker holds an
// evaluation of its cluster. It fails with ErrClosed, or with the error of ctx.
func (b *Broker) Dequeue(ctx context.Context) (*structs.Evaluation, Token, error) {
	for {
		select {
		case <-b.closed:
			return nil, 0, ErrClosed
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		case <-b.wake:
		}
		if e, token := b.take(); e != nil {
			return e, token, nil
		}
	}
}

// take hands out the first ready evaluation, nil when there is none.
func (b *Broker) take() (*structs.Evaluation, Token) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.isClosed() {
		return nil, 0
	}
	it := b.queue.take()
	if it == nil {
		return nil, 0
	}
	b.signal()
	b.tokens++
	token := b.tokens
	it.token = token
	it.timer = time.AfterFunc(b.config.AckTimeout, func() { b.expire(it, token) })
	return it.eval, token
}

// Extend gives whoever holds an evaluation the whole time again. It fails for one who holds it no
// longer.
func (b *Broker) Extend(id string, token Token) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	it := b.items[id]
	if it == nil || it.token == 0 || it.token != token {
		return ErrNotOutstanding
	}
	it.stopTimer()
	it.timer = time.AfterFunc(b.config.AckTimeout, func() { b.expire(it, token) })
	return nil
}

// Ack says that an evaluation is decided.
func (b *Broker) Ack(id string, token Token) error { return b.AckThenRest(id, token, 0) }

// AckThenRest is Ack, and lets the next evaluation of the job be ready only after a while: what
// comes meanwhile is decided at once.
func (b *Broker) AckThenRest(id string, token Token, rest time.Duration) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	it, err := b.release(id, token, rest)
	if err != nil {
		return err
	}
	if it.changed {
		it.nacks = 0
		b.inTime(it)
	} else {
		delete(b.items, id)
	}
	return nil
}

// Nack says that an evaluation could not be decided. It is delivered again after a delay; others of
// its job meanwhile have their turn.
func (b *Broker) Nack(id string, token Token) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	it, err := b.release(id, token, 0)
	if err != nil {
		return err
	}
	it.timer = time.AfterFunc(b.delay(it.nacks), func() { b.endDelay(it) })
	it.nacks++
	return nil
}

// Yield says that a more important evaluation has to be decided first. This one is delivered again
// a moment later.
func (b *Broker) Yield(id string, token Token) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	it, err := b.release(id, token, 0)
	if err != nil {
		return err
	}
	it.timer = time.AfterFunc(b.config.YieldDelay, func() { b.endDelay(it) })
	return nil
}

// delay is how long to rest after an evaluation was given back and had been that often before.
func (b *Broker) delay(before int) time.Duration {
	d := b.config.NackDelay
	for ; before > 0 && d < b.config.MaxNackDelay; before-- {
		d *= 2
	}
	return min(d, b.config.MaxNackDelay)
}

// Close ends the broker. It forgets all evaluations; tokens hold nothing any more.
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

// expire takes an evaluation from a worker that did not answer in time.
func (b *Broker) expire(it *item, token Token) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.release(it.eval.ID, token, 0); err != nil {
		return // answered at the last moment
	}
	b.config.Logger.Warn("a worker did not answer for its evaluation in time", "eval", it.eval.ID, "job", it.eval.Job)
	b.makeReady(it)
}

// endDelay makes an evaluation that has rested ready, unless the clock went slower than the timer.
func (b *Broker) endDelay(it *item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.isClosed() && b.items[it.eval.ID] == it { // else it was forgotten at the last moment
		b.inTime(it)
	}
}

// release takes an evaluation out of a worker's hands and lets the next of its job have its turn,
// after a rest.
func (b *Broker) release(id string, token Token, rest time.Duration) (*item, error) {
	it := b.items[id]
	if it == nil || it.token == 0 || it.token != token {
		return nil, ErrNotOutstanding
	}
	it.stopTimer()
	it.token = 0
	b.queue.done(it)
	if job := it.eval.Job; rest > 0 {
		time.AfterFunc(rest, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			if !b.isClosed() {
				b.queue.free(job)
				b.signal()
			}
		})
	} else {
		b.queue.free(job)
	}
	b.signal()
	return it, nil
}

// leastWait is the least time for which an evaluation whose time has not come rests: after the
// system's clock was set back ours stands still, and there would be as little left each time.
const leastWait = 10 * time.Millisecond

// inTime makes an evaluation ready when its time has come. Before that, nothing may come of it but
// the same look at the same time.
func (b *Broker) inTime(it *item) {
	if wait := it.eval.WaitUntil.Std().Sub(b.config.Now()); wait > 0 {
		it.timer, it.changed = time.AfterFunc(max(wait, leastWait), func() { b.endDelay(it) }), false
		return
	}
	b.makeReady(it)
}

// makeReady puts an evaluation into the queue. What it is now is what will be delivered.
func (b *Broker) makeReady(it *item) {
	it.timer, it.changed = nil, false
	b.queue.add(it)
	b.signal()
}

// signal wakes one Dequeue where there is something to take.
func (b *Broker) signal() {
	if b.queue.next() == nil {
		return
	}
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *Broker) isClosed() bool {
	select {
	case <-b.closed:
		return true
	default:
		return false
	}
}
