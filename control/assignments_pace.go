package control

import (
	"context"
	"time"
)

// Where an instance gets many tasks one after the other, as when a hundred services start, frames
// of one task each would cost more than all else: those that follow soon after each other are the
// further apart the more there are, up to mostApart.
const (
	leastApart = 20 * time.Millisecond
	mostApart  = 320 * time.Millisecond
)

// pace is when the next frame may go.
type pace struct {
	last  time.Time
	apart time.Duration
}

// sent notes a frame.
func (p *pace) sent(now time.Time) {
	if now.Sub(p.last) > 2*p.apart {
		p.apart = leastApart / 2
	}
	p.last, p.apart = now, min(2*p.apart, mostApart)
}

// wait waits until the next frame may go; false when ctx ended first.
func (p *pace) wait(ctx context.Context) bool {
	timer := time.NewTimer(time.Until(p.last.Add(p.apart)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
