package datachannel

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// MaxContent is the largest payload in bytes that a side should send.
	MaxContent = 16 << 10
	// window is how many messages of a side may wait for their acknowledge.
	window = 128
	// maxEarly is how many messages are kept that came before their turn, and maxReady how many
	// bytes that nobody has received yet. What is beyond is not acknowledged, so it comes again.
	maxEarly = 1000
	maxReady = 4 << 20
	// resendFirst and resendMost bound the time in which a message should be acknowledged.
	resendFirst = 200 * time.Millisecond
	resendMost  = 2 * time.Second
	// lostResends is how often a message is sent again that may have been acknowledged on an
	// earlier connection: the other side takes old numbers without a word.
	lostResends = 3
)

// ErrEnded is the error of calls after the session's end.
var ErrEnded = errors.New("the session has ended")

// Channel is one side of a session. It outlives its connections. Safe for concurrent use.
type Channel struct {
	sends, receives string

	mu      sync.Mutex
	changed chan struct{} // closed, and made anew, with every change that somebody may wait for
	conn    Conn          // the present one; nil if there is none
	wake    chan struct{} // capacity 1; of the writer

	next      int64   // the number of the next message
	sent      []*sent // not acknowledged, or behind one that is not; in order
	unsent    int     // the first of them that is to be sent on this connection
	roundTrip time.Duration

	expected   int64
	early      map[int64]Data
	ready      []Data
	readyBytes int
	acks       [][]byte // to be sent

	farewell []byte // sent after everything else
	ended    bool
	text     string // what the other side said at the end
}

// Data is what a data message carries.
type Data struct {
	Type    PayloadType
	Content []byte
}

// sent is a message that was sent, or will be.
type sent struct {
	sequence int64
	raw      []byte
	at       time.Time // last sent; zero: never
	resends  int
	acked    bool
	earlier  bool // it was sent on an earlier connection
}

// NewAgent returns the end of an agent.
func NewAgent() *Channel { return newChannel(TypeOutput, TypeInput) }

// NewClient returns the end of a client.
func NewClient() *Channel { return newChannel(TypeInput, TypeOutput) }

func newChannel(sends, receives string) *Channel {
	return &Channel{
		sends: sends, receives: receives, early: map[int64]Data{},
		changed: make(chan struct{}), wake: make(chan struct{}, 1),
	}
}

// Run works on a connection until it ends, and closes it. It takes the place of an earlier one,
// whose Run returns. The error is nil if the session has ended.
func (c *Channel) Run(conn Conn) error {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return conn.Close()
	}
	if c.conn != nil {
		_ = c.conn.Close() // it was given up
	}
	c.conn, c.unsent = conn, 0
	for _, s := range c.sent {
		s.earlier, s.resends = !s.at.IsZero(), 0
	}
	c.notify()
	c.mu.Unlock()

	done := make(chan struct{})
	writing := make(chan error, 1)
	go func() {
		err := c.write(conn, done)
		_ = conn.Close() // ends the reader
		writing <- err
	}()
	err := c.read(conn)
	close(done)
	err = cmp.Or(<-writing, err)

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == conn {
		c.conn = nil
	}
	c.notify()
	if c.ended {
		return nil
	}
	return err
}

// notify tells everybody who waits that something has changed. The caller holds mu.
func (c *Channel) notify() {
	close(c.changed)
	c.changed = make(chan struct{})
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// until waits until a condition holds, which it checks with mu held.
func (c *Channel) until(ctx context.Context, holds func() bool) error {
	for {
		c.mu.Lock()
		if holds() {
			c.mu.Unlock()
			return nil
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Send sends a payload, of at most MaxContent bytes. It waits while too many messages are not
// acknowledged.
func (c *Channel) Send(ctx context.Context, kind PayloadType, content []byte) error {
	var err error
	wait := c.until(ctx, func() bool {
		switch {
		case c.ended:
			err = ErrEnded
		case len(c.sent) >= window:
			return false
		default:
			m := message{kind: c.sends, sequence: c.next, id: newID(), payload: kind, content: content}
			if c.next == 0 && c.sends == TypeOutput {
				m.flags = 1 // as AWS's agent sets it
			}
			c.sent = append(c.sent, &sent{sequence: c.next, raw: m.encode()})
			c.next++
			c.notify()
		}
		return true
	})
	return cmp.Or(wait, err)
}

// Receive returns the next payload of the other side. It fails with ErrEnded after the last one.
func (c *Channel) Receive(ctx context.Context) (d Data, err error) {
	wait := c.until(ctx, func() bool {
		switch {
		case len(c.ready) > 0:
			d = c.ready[0]
			c.ready = c.ready[1:]
			c.readyBytes -= len(d.Content)
		case c.ended:
			err = ErrEnded
		default:
			return false
		}
		return true
	})
	return d, cmp.Or(wait, err)
}

// Flush waits until everything is acknowledged, or the session has ended.
func (c *Channel) Flush(ctx context.Context) error {
	return c.until(ctx, func() bool { return len(c.sent) == 0 || c.ended })
}

// End ends the session with a text for the other side. Messages that are not acknowledged by then
// may be lost.
func (c *Channel) End(session, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || c.farewell != nil {
		return
	}
	c.farewell = Closed(session, text)
	if c.conn == nil {
		c.ended = true
	}
	c.notify()
}

// Drop ends the session without a word.
func (c *Channel) Drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.conn != nil {
		_ = c.conn.Close() // nothing more is sent
	}
	c.notify()
}

// Text returns what the other side said at the end of the session.
func (c *Channel) Text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text
}

// Ended waits until the session has ended.
func (c *Channel) Ended(ctx context.Context) error {
	return c.until(ctx, func() bool { return c.ended })
}

// Numbered returns how many payloads were sent.
func (c *Channel) Numbered() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.next
}

// HasRoom reports whether Send would not wait.
func (c *Channel) HasRoom() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sent) < window
}
