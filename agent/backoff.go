package agent

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
)

// backoff spaces attempts at something that is away: 100 ms, doubling to most, and up to half as
// much again by chance, so that the agents of a cluster do not come back all at the same moment.
// The zero value is ready.
type backoff struct {
	last time.Duration
	most time.Duration // zero: 2 s
}

// reset makes the next wait a short one again.
func (b *backoff) reset() { b.last = 0 }

// wait sleeps before the next attempt; false when ctx ended meanwhile.
func (b *backoff) wait(ctx context.Context) bool {
	b.last = min(max(2*b.last, 100*time.Millisecond), cmp.Or(b.most, 2*time.Second))
	return pauseFor(ctx, b.last+rand.N(b.last/2))
}

// pauseFor waits for so long; false when ctx ended meanwhile.
func pauseFor(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// askEngine does op until the engine answers it: with success, or with a refusal
// (*runtime.Error), which is not tried again. Any other error is an engine that is away.
// When ctx ends, its error is returned. Op is done at least once.
func askEngine(ctx context.Context, log *slog.Logger, op func() error) error {
	var b backoff
	for {
		err := op()
		if ctx.Err() != nil && err != nil {
			return ctx.Err()
		}
		if _, refused := errors.AsType[*runtime.Error](err); err == nil || refused {
			return err
		}
		log.Warn("the container engine does not answer; trying again", "error", err)
		if !b.wait(ctx) {
			return ctx.Err()
		}
	}
}
