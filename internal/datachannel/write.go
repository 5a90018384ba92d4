package datachannel

import (
	"time"
)

// write sends what is to be sent on a connection until done is closed, or after the farewell.
func (c *Channel) write(conn Conn, done <-chan struct{}) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		raw, last, wait := c.due(conn, time.Now())
		if raw != nil {
			if err := conn.Write(raw); err != nil {
				return err
			}
		}
		switch {
		case last:
			if raw != nil {
				c.finish()
			}
			return nil
		case raw != nil:
			continue
		}
		timer.Reset(wait)
		select {
		case <-c.wake:
		case <-timer.C:
		case <-done:
			return nil
		}
	}
}

// due returns the next message to send on a connection, nil if there is none for some time. last
// means that there will be no further one.
func (c *Channel) due(conn Conn, now time.Time) (raw []byte, last bool, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != conn || c.ended {
		return nil, true, 0
	}
	if len(c.acks) > 0 {
		raw = c.acks[0]
		c.acks = c.acks[1:]
		return raw, false, 0
	}
	for c.unsent < len(c.sent) {
		s := c.sent[c.unsent]
		c.unsent++
		if !s.acked {
			s.at = now
			return s.raw, false, 0
		}
	}
	if c.farewell != nil {
		return c.farewell, true, 0
	}
	raw, wait = c.resend(now)
	return raw, false, wait
}

// resend returns the oldest message that is not acknowledged, if it is time to send it again.
func (c *Channel) resend(now time.Time) (raw []byte, wait time.Duration) {
	for len(c.sent) > 0 {
		s := c.sent[0] // it is not acknowledged (prune)
		limit := min(max(resendFirst, 2*c.roundTrip)<<min(s.resends, 5), resendMost)
		if wait = limit - now.Sub(s.at); wait > 0 {
			return nil, wait
		}
		if s.earlier && s.resends >= lostResends && c.laterAcknowledged() {
			s.acked = true
			c.prune()
			c.notify()
			continue
		}
		s.at = now
		s.resends++
		return s.raw, 0
	}
	return nil, time.Minute
}

// laterAcknowledged reports whether a message behind the oldest one is acknowledged.
func (c *Channel) laterAcknowledged() bool {
	for _, s := range c.sent[1:] {
		if s.acked {
			return true
		}
	}
	return false
}

// finish ends the session once the farewell is sent.
func (c *Channel) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	c.notify()
}
