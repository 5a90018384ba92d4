package logs

import (
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/gantry-project/gantry/structs"
)

const (
	// maxEvent is the most bytes of an event, as of the log driver awslogs.
	maxEvent = 262144 - 26
	// joinWait is how long an event of several lines may take from its first line on, also as of
	// awslogs.
	joinWait = 5 * time.Second
)

// decoder makes events of the lines of a segment. Events depend on nothing before the segment.
type decoder struct {
	awslogs bool           // empty lines are no events
	begins  *regexp.Regexp // matches the first line of an event; nil: each line is one

	open   map[string]*event // by source: a line of which records are still to come
	joined *event            // of which lines may still come
	length int               // of its plain text

	ingested structs.Time // of the last mark
	dropped  int64        // lines, since the last event
	gap      bool
	marked   bool // a mark was seen
	last     mark
	lines    int64 // so far, counting from the stream's beginning

	out []event // the events that are complete
}

// feed takes the next line, without its line break, which ends at a place of its segment. Texts in
// out may be parts of the line.
func (d *decoder) feed(line []byte, at position) {
	if m, ok := parseMark(line); ok {
		d.mark(m)
		return
	}
	d.lines++
	r, ok := parseRecord(line)
	if !ok {
		return
	}
	part := d.open[r.source]
	if part == nil && !r.goesOn() {
		d.line(event{position: at, time: r.time, ingested: d.ingested, source: r.source, text: r.text})
		return
	}
	if part == nil {
		part = &event{time: r.time, ingested: d.ingested, source: r.source}
		if d.open == nil {
			d.open = map[string]*event{}
		}
		d.open[r.source] = part
	}
	part.position = at
	part.text = append(part.text, r.text...)
	if len(part.text) > maxEvent {
		d.split(part)
	}
	if !r.goesOn() {
		delete(d.open, r.source)
		d.line(*part)
	}
}

// mark takes a mark.
func (d *decoder) mark(m mark) {
	if d.marked {
		// what was dropped, and segments that were removed while they were to be read
		d.dropped += m.Dropped - d.last.Dropped + max(0, m.Lines-d.lines)
		d.gap = d.gap || m.Gaps > d.last.Gaps
	}
	d.marked, d.last, d.ingested, d.lines = true, m, m.At, m.Lines
}

// split cuts the beginning of a line that is too long for one event.
func (d *decoder) split(part *event) {
	text := plain(part.text)
	if len(text) <= maxEvent {
		return
	}
	at := maxEvent
	for at > maxEvent-utf8.UTFMax && !utf8.RuneStart(text[at]) {
		at--
	}
	piece := *part
	piece.text, piece.continues = quoted(text[:at]), true
	d.line(piece)
	part.text, part.nth = quoted(text[at:]), part.nth+1
}

// line takes a whole line.
func (d *decoder) line(e event) {
	if d.begins == nil {
		if !d.awslogs || len(e.text) > 0 {
			d.emit(e)
		}
		return
	}
	text := plain(e.text)
	if j := d.joined; j != nil && (d.begins.Match(text) || d.length+len(text) > maxEvent || e.time.Sub(j.time) > joinWait) {
		d.flush()
	}
	if d.joined == nil {
		first := e
		first.text = nil
		d.joined, d.length = &first, 0
	}
	j := d.joined
	j.position = e.position
	j.text = append(j.text, e.text...)
	d.length += len(text)
	if !e.continues {
		j.text = append(j.text, lineBreak...)
		d.length++
	}
}

// flush completes the event of several lines.
func (d *decoder) flush() {
	if d.joined != nil {
		d.emit(*d.joined)
		d.joined = nil
	}
}

// end completes what is there: nothing else comes, or only in the next segment.
func (d *decoder) end(goesOn bool) {
	for _, source := range []string{"stdout", "stderr"} {
		if part := d.open[source]; part != nil {
			part.continues = goesOn
			d.line(*part)
		}
	}
	d.open = nil
	d.flush()
}

// emit puts an event out, with what was dropped before it.
func (d *decoder) emit(e event) {
	e.dropped, e.gap = d.dropped, d.gap
	d.dropped, d.gap = 0, false
	d.out = append(d.out, e)
}
