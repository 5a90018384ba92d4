// Package wait has the ways in which parts of the agent wait and wake each other.
package wait

import (
	"cmp"
	"context"
	"math/rand/v2"
	"time"
)

// Backoff spaces attempts to reach something that is away: 100 ms, doubling up to Most, each
// lengthened by a random part of up to a half, so that the agents of a cluster do not all come back
// at the same moment. The zero value is ready.
type Backoff struct {
	Most time.Duration // zero: 2 s
	last time.Duration
}

// Reset makes the next wait a short one again.
func (b *Backoff) Reset() { b.last = 0 }

// Wait sleeps before the next attempt. It returns false if ctx ended first.
func (b *Backoff) Wait(ctx context.Context) bool { return Sleep(ctx, b.Next()) }

// Next returns how long to wait before the next attempt.
func (b *Backoff) Next() time.Duration {
	b.last = min(max(2*b.last, 100*time.Millisecond), cmp.Or(b.Most, 2*time.Second))
	return b.last + rand.N(b.last/2)
}

// Sleep sleeps for d. It returns false if ctx ended first.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Nudge wakes the reader of a channel of capacity 1, which then looks at everything.
func Nudge(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// tooLate is how much later than its deadline the end of a call may be noticed for the failure to
// count. A machine that is further behind may have the answer by now.
const tooLate = 300 * time.Millisecond

// TooLate reports whether the deadline of a call passed so long before now that its failure proves
// nothing about the other side: this process had no CPU time to see the answer.
func TooLate(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Since(deadline) > tooLate
}
