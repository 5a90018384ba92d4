package datachannel

import (
	"encoding/json"
	"time"
)

// read takes messages from a connection until it ends. Damaged ones are left out: they come again.
func (c *Channel) read(conn Conn) error {
	for {
		raw, err := conn.Read()
		if err != nil {
			return err
		}
		m, err := decode(raw)
		if err != nil {
			continue
		}
		switch m.kind {
		case typeAcknowledge:
			var a acknowledge
			if json.Unmarshal(m.content, &a) == nil {
				c.acknowledged(a.AcknowledgedMessageSequenceNumber)
			}
		case typeClosed:
			var text closed
			_ = json.Unmarshal(m.content, &text) // the session has ended anyway
			c.mu.Lock()
			c.ended, c.text = true, text.Output
			c.notify()
			c.mu.Unlock()
			return nil
		case c.receives:
			c.take(&m)
		}
	}
}

// take receives a data message, and acknowledges it. One that is known already is acknowledged
// again, since the first acknowledge may be lost.
func (c *Channel) take(m *message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, known := c.early[m.sequence]
	switch isNew := m.sequence >= c.expected && !known; {
	case isNew && (m.sequence-c.expected >= maxEarly || c.readyBytes > maxReady):
		return
	case isNew:
		c.early[m.sequence] = Data{m.payload, m.content}
	}
	c.acks = append(c.acks, acknowledgeOf(m))
	for {
		d, ok := c.early[c.expected]
		if !ok {
			break
		}
		delete(c.early, c.expected)
		c.ready, c.readyBytes = append(c.ready, d), c.readyBytes+len(d.Content)
		c.expected++
	}
	c.notify()
}

// acknowledged records that the other side has a message.
func (c *Channel) acknowledged(sequence int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sent {
		if s.sequence == sequence {
			s.acked = true
			if s.resends == 0 && !s.earlier {
				c.roundTrip = time.Since(s.at)
			}
		}
	}
	c.prune()
	c.notify()
}

// prune forgets acknowledged messages.
func (c *Channel) prune() {
	for len(c.sent) > 0 && c.sent[0].acked {
		c.sent, c.unsent = c.sent[1:], max(0, c.unsent-1)
	}
}
