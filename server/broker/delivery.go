package broker

import (
	"context"
	"errors"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// ErrNotOutstanding is returned for a token that does not, or no longer, hold the evaluation.
var ErrNotOutstanding = errors.New("the evaluation is not held by this token")

// Token proves that a worker holds an evaluation. Each delivery has its own token.
type Token uint64

// Dequeue waits for a ready evaluation, the most important one and among equals the oldest, and
// returns it with the token to acknowledge it with. Less important ones wait while a worker holds
// an evaluation of their cluster. It returns ErrClosed, or the error of ctx.
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

// take hands out the first ready evaluation, or nil if there is none.
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

// Extend restarts the deadline of the worker that holds an evaluation.
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

// Ack reports that an evaluation is decided.
func (b *Broker) Ack(id string, token Token) error { return b.AckThenRest(id, token, 0) }

// AckThenRest is like Ack, but the next evaluation of the job becomes ready only after a rest, so
// that one look handles everything that happens in the meantime.
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

// Nack reports that an evaluation could not be decided. It is delivered again after a delay;
// meanwhile other evaluations of its job have their turn.
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

// Yield reports that a more important evaluation must be decided first. This one is delivered again
// after YieldDelay.
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

// release takes an evaluation from a worker and lets the next one of its job have its turn after a
// rest.
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

// signal wakes one Dequeue if there is something to take.
func (b *Broker) signal() {
	if b.queue.next() == nil {
		return
	}
	select {
	case b.wake <- struct{}{}:
	default:
	}
}
