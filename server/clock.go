package server

import (
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// clock is the time that goes into the log while this server leads. It is the system's, but never
// goes back: where the system's clock is set back, this one goes on at half its pace until the
// system's has caught up, so that what waits for a time that was told before waits no longer than
// twice. A clock that is set forward is followed at once. It goes on from that of the leader
// before, which may have been ahead. Safe for concurrent use.
type clock struct {
	wall    func() time.Time     // may be set
	elapsed func() time.Duration // only grows, at an even pace

	mu   sync.Mutex
	told time.Time     // the last time given
	at   time.Duration // when that was
}

func newClock(wall func() time.Time) *clock {
	start := time.Now()
	return &clock{wall: func() time.Time { return wall().Round(0) }, elapsed: func() time.Duration { return time.Since(start) }}
}

// Now is the time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.elapsed()
	least := c.told.Add((now - c.at) / 2)
	c.at, c.told = now, c.wall()
	if c.told.Before(least) {
		c.told = least
	}
	return c.told
}

// goOn has it give no earlier time than one that a leader before gave.
func (c *clock) goOn(from time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if from.After(c.told) {
		c.told, c.at = from, c.elapsed()
	}
}

// Time is Now as the log has it.
func (c *clock) Time() structs.Time { return structs.TimeOf(c.Now()) }
