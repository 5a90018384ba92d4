package logs

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// event is an event of a stream as it is read.
type event struct {
	position
	time      time.Time // of its first record
	ingested  structs.Time
	source    string
	text      []byte // JSON's form of the message, without the quotes
	continues bool
	dropped   int64
	gap       bool
}

// position is where an event is in its stream: the segment, where its last record ends in it, and
// which of the events it is that end there.
type position struct {
	segment uint32
	end     uint32
	nth     uint8
}

func (p position) String() string { return fmt.Sprintf("%08x-%08x-%x", p.segment, p.end, p.nth) }

// parsePosition parses a position; a damaged one is the beginning.
func parsePosition(text string) (p position) {
	fields := strings.Split(text, "-")
	if len(fields) != 3 {
		return position{}
	}
	segment, err1 := strconv.ParseUint(fields[0], 16, 32)
	end, err2 := strconv.ParseUint(fields[1], 16, 32)
	nth, err3 := strconv.ParseUint(fields[2], 16, 8)
	if err1 != nil || err2 != nil || err3 != nil {
		return position{}
	}
	return position{uint32(segment), uint32(end), uint8(nth)}
}

// before reports whether p is before q in a stream.
func (p position) before(q position) bool {
	if p.segment != q.segment {
		return p.segment < q.segment
	}
	if p.end != q.end {
		return p.end < q.end
	}
	return p.nth < q.nth
}

// ms is the event's time as others see it.
func (e *event) ms() structs.Time { return structs.TimeOf(e.time) }

// appendJSON appends the event as a structs.LogEvent and a line break. The message is in JSON's
// form already, which is most of the work.
func (e *event) appendJSON(to []byte, s *stream) []byte {
	to = append(append(append(to, `{"task":"`...), s.task...), `","container":"`...)
	to = append(append(append(to, s.container...), `","source":"`...), e.source...)
	to = appendTime(append(to, `","time":`...), e.ms())
	to = appendTime(append(to, `,"ingested":`...), max(e.ingested, e.ms()))
	to = append(append(append(to, `,"message":"`...), e.text...), `","position":"`...)
	to = appendHex(to, e.segment)
	to = appendHex(append(to, '-'), e.end)
	to = strconv.AppendUint(append(to, '-'), uint64(e.nth), 16)
	to = append(to, '"')
	if e.continues {
		to = append(to, `,"continues":true`...)
	}
	if e.dropped > 0 {
		to = strconv.AppendInt(append(to, `,"dropped":`...), e.dropped, 10)
	}
	if e.gap {
		to = append(to, `,"gap":true`...)
	}
	return append(to, "}\n"...)
}

// appendTime appends structs.Time's form in JSON.
func appendTime(to []byte, t structs.Time) []byte {
	to = strconv.AppendInt(to, int64(t)/1000, 10)
	ms := int64(t) % 1000
	return append(to, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
}

func appendHex(to []byte, n uint32) []byte {
	const digits = "0123456789abcdef"
	for shift := 28; shift >= 0; shift -= 4 {
		to = append(to, digits[n>>shift&15])
	}
	return to
}
