package server

import (
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// clock is the time that goes into the log while this server leads. It follows the system's clock,
// but never goes back. If the system's clock is set back, this one continues at half its pace until
// the system's has caught up, so waiting for a time that was handed out before takes at most twice
// as long. It follows at once if the system's clock is set forward. A new leader's clock continues
// from its predecessor's, which may have been ahead. It is safe for concurrent use.
type clock struct {
	wall    func() time.Time     // may be set
	elapsed func() time.Duration // only grows, at an even pace

	mu   sync.Mutex
	last time.Time     // the last time that was returned
	at   time.Duration // elapsed at that time
}

func newClock(wall func() time.Time) *clock {
	start := time.Now()
	return &clock{
		wall:    func() time.Time { return wall().Round(0) }, // Round drops the monotonic reading
		elapsed: func() time.Duration { return time.Since(start) },
	}
}

// Now returns the time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.elapsed()
	least := c.last.Add((now - c.at) / 2)
	c.at, c.last = now, c.wall()
	if c.last.Before(least) {
		c.last = least
	}
	return c.last
}

// continueFrom makes the clock return no earlier time than the one that an earlier leader used.
func (c *clock) continueFrom(from time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if from.After(c.last) {
		c.last, c.at = from, c.elapsed()
	}
}

// Time returns Now in the form of the log.
func (c *clock) Time() structs.Time { return structs.TimeOf(c.Now()) }
