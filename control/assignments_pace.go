package control

import (
	"context"
	"time"
)

// When an instance gets many tasks in a row, as when a hundred services start, frames of one task
// each would cost more than anything else. The more frames follow each other, the further they are
// spaced, up to mostApart.
const (
	leastApart = 20 * time.Millisecond
	mostApart  = 320 * time.Millisecond
)

// pace decides when the next frame may be sent.
type pace struct {
	last  time.Time
	apart time.Duration
}

// sent records that a frame was sent.
func (p *pace) sent(now time.Time) {
	if now.Sub(p.last) > 2*p.apart {
		p.apart = leastApart / 2
	}
	p.last, p.apart = now, min(2*p.apart, mostApart)
}

// wait waits until the next frame may be sent. It returns false if ctx ended first.
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
