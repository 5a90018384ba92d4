package logs

import (
	"bytes"
	"errors"
	"os"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// backward reads the events of a stream from the newest to the oldest, one segment at a time.
type backward struct {
	s            *stream
	since, until structs.Time
	before       position // the zero value: the end
	left         int      // negative: all

	segments []segment // that are still to be read, the oldest first
	live     bool
	started  bool
	newest   bool    // raw is the newest segment
	number   uint32  // of raw
	raw      []byte  // whole lines
	events   []event // of raw, the newest last
}

func newBackward(s *stream, q *structs.LogQuery) *backward {
	b := &backward{s: s, since: q.Since, until: q.Until, left: -1}
	if text := q.After[s.key]; text != "" {
		b.before = parsePosition(text)
	}
	if q.Limit > 0 {
		b.left = q.Limit
	}
	return b
}

func (b *backward) peek() (*event, error) {
	for len(b.events) == 0 && b.left != 0 {
		if more, err := b.read(); err != nil || !more {
			return nil, err
		}
		b.decode()
	}
	if len(b.events) == 0 || b.left == 0 {
		return nil, nil
	}
	return &b.events[len(b.events)-1], nil
}

func (b *backward) pop() {
	b.events = b.events[:len(b.events)-1]
	if b.left > 0 {
		b.left--
	}
}

func (b *backward) close() {}

// read reads the newest segment that was not read and may have events that are wanted. It returns
// false if there is none.
func (b *backward) read() (bool, error) {
	if !b.started {
		b.s.mu.Lock()
		b.segments, b.live, b.started = slices.Clone(b.s.segments), b.s.live > 0, true
		b.s.mu.Unlock()
	}
	for len(b.segments) > 0 {
		at := len(b.segments) - 1
		seg := b.segments[at]
		b.segments = b.segments[:at]
		b.newest = b.number == 0
		b.number = seg.number
		if b.before != (position{}) && seg.number > b.before.segment || seg.written < b.since {
			continue
		}
		raw, err := os.ReadFile(b.s.path(seg.number))
		if errors.Is(err, os.ErrNotExist) { // removed just now
			continue
		}
		if err != nil {
			return false, err
		}
		b.raw = wholeLines(raw[:min(int64(len(raw)), seg.size)])
		return true, nil
	}
	return false, nil
}

// decode makes events of the segment. It keeps no more than are wanted.
func (b *backward) decode() {
	d := b.s.decoder()
	for end := 0; end < len(b.raw); {
		n := bytes.IndexByte(b.raw[end:], '\n')
		line := b.raw[end : end+n]
		end += n + 1
		d.feed(line, position{segment: b.number, end: uint32(end)})
	}
	if !b.newest || !b.live {
		d.end(!b.newest)
	}
	b.events = slices.DeleteFunc(d.out, func(e event) bool {
		return b.before != (position{}) && !e.before(b.before) || !within(&e, b.since, b.until)
	})
	if b.left >= 0 && len(b.events) > b.left {
		b.events = b.events[len(b.events)-b.left:]
	}
}
