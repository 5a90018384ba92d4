package logs

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// cursor reads the events of a stream forward. It reads what is on disk, and holds up nobody.
type cursor struct {
	s     *stream
	since structs.Time
	until structs.Time
	after position // events up to this one are left out

	segment uint32 // that it reads; 0: none yet
	offset  int64
	file    *os.File
	buf     []byte
	d       decoder
	next    int // in d.out
	left    int // how many more events are wanted; negative: all
}

// readSize is how much a cursor reads at a time.
const readSize = 128 << 10

func newCursor(s *stream, q *structs.LogQuery) *cursor {
	c := &cursor{s: s, since: q.Since, until: q.Until, left: -1, d: s.decoder()}
	if text := q.After[s.key]; text != "" {
		c.after = parsePosition(text)
	}
	if q.Limit > 0 {
		c.left = q.Limit
	}
	return c
}

func (s *stream) decoder() decoder {
	return decoder{awslogs: s.about.Group != "", begins: s.begins}
}

// peek returns the next event, or nil if there is none now. It is valid until the next call.
func (c *cursor) peek() (*event, error) {
	for {
		for ; c.next < len(c.d.out); c.next++ {
			if e := &c.d.out[c.next]; c.left != 0 && c.wants(e) {
				return e, nil
			}
		}
		c.d.out, c.next = c.d.out[:0], 0
		if more, err := c.read(); err != nil || !more {
			return nil, err
		}
	}
}

// pop takes the event that peek returned.
func (c *cursor) pop() {
	c.next++
	if c.left > 0 {
		c.left--
	}
}

func (c *cursor) wants(e *event) bool {
	return c.after.before(e.position) && within(e, c.since, c.until)
}

func within(e *event, since, until structs.Time) bool {
	return e.ms() >= since && (until == 0 || e.ms() < until)
}

// read reads on. It returns false if there is nothing new; what waits for more of its lines is then
// complete if the container has ended.
func (c *cursor) read() (more bool, err error) {
	if c.left == 0 {
		return false, nil
	}
	size, last, live, moved := c.s.extent(c)
	if c.segment == 0 {
		return false, nil
	}
	if moved { // what was read last was removed
		c.close()
		c.d.end(true)
	}
	if c.offset < size {
		if c.file == nil {
			c.file, err = os.Open(c.s.path(c.segment))
		}
		if errors.Is(err, os.ErrNotExist) {
			c.leave() // it was removed just now
			return true, nil
		}
		if err != nil {
			return false, err
		}
		return true, c.decode(size)
	}
	switch {
	case !last:
		c.d.end(true)
		c.leave()
		return true, nil
	case !live:
		c.d.end(false)
		c.close() // it may be removed any time
	case c.d.joined != nil && time.Since(c.d.joined.time) > joinWait:
		c.d.flush()
	}
	return len(c.d.out) > 0, nil
}

// decode reads a part of the segment.
func (c *cursor) decode(size int64) error {
	if c.buf == nil {
		c.buf = make([]byte, readSize)
	}
	for {
		n, err := c.file.ReadAt(c.buf[:min(int64(len(c.buf)), size-c.offset)], c.offset)
		if err != nil && (err != io.EOF || n == 0) {
			return err
		}
		raw := c.buf[:n]
		end := bytes.LastIndexByte(raw, '\n') + 1
		if end == 0 && int64(n) < size-c.offset { // a line that is longer than the buffer
			c.buf = make([]byte, 2*len(c.buf))
			continue
		}
		if end == 0 { // a rest of a line that a crash left
			c.offset = size
			return nil
		}
		c.feed(raw[:end])
		return nil
	}
}

// feed decodes whole lines.
func (c *cursor) feed(raw []byte) {
	for len(raw) > 0 {
		n := bytes.IndexByte(raw, '\n')
		c.offset += int64(n) + 1
		c.d.feed(raw[:n], position{segment: c.segment, end: uint32(c.offset)})
		raw = raw[n+1:]
	}
}

// leave goes on to the next segment, which extent finds.
func (c *cursor) leave() {
	c.close()
	c.segment, c.offset = c.segment+1, 0
}

func (c *cursor) close() {
	if c.file != nil {
		c.file.Close()
	}
	c.file = nil
}

// extent returns how much there is of the segment of a cursor, whether it is the last one, and
// whether it may grow. It takes the cursor to the first segment that it should read, if its own
// does not exist, and then reports that it moved.
func (s *stream) extent(c *cursor) (size int64, last, live, moved bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := c.segment == 0
	for i, seg := range s.segments {
		newest := i == len(s.segments)-1
		old := first && !newest && (s.segments[i+1].number <= c.after.segment || seg.written < c.since)
		if seg.number < c.segment || old {
			continue
		}
		if seg.number != c.segment {
			// what followed the event that the reader had last was removed
			c.d.gap = first && c.after.segment != 0 && c.after.segment < seg.number && i == 0
			moved = c.segment != 0
			c.segment, c.offset = seg.number, 0
		}
		return seg.size, newest, s.live > 0, moved
	}
	return 0, true, s.live > 0, false
}
