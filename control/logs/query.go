package logs

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// Query selects events of streams, whichever instances have them.
type Query struct {
	// Cluster has the instances; empty: all clusters.
	Cluster string
	// LogQuery selects the streams and the times. Its Limit, After and Follow are not used.
	structs.LogQuery
	// From is the event after which to go on (Backward: before which). Zero: the first (Backward:
	// the last).
	From Cursor
	// Matches selects events by their message; nil: all.
	Matches func(message string) bool
	// present means that a deleted service of the same name does not matter.
	present bool
	// MaxEvents and MaxBytes bound a page. Both are required.
	MaxEvents, MaxBytes int
}

// Cursor is the place of an event among those of all streams, in the order of their times. It means
// the same on every server.
type Cursor struct {
	Time     structs.Time `json:"t"`
	Stream   string       `json:"s"` // TASK/CONTAINER
	Position string       `json:"p"`
}

// String returns a text without characters that are special in URLs.
func (c Cursor) String() string {
	raw, _ := json.Marshal(c) // a struct of texts can always be written
	return base64.RawURLEncoding.EncodeToString(raw)
}

// ParseCursor reads what String wrote.
func ParseCursor(text string) (c Cursor, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	return c, err == nil && json.Unmarshal(raw, &c) == nil
}

// Event is an event with the stream that it is of.
type Event struct {
	structs.LogEvent
	Stream *structs.LogStream
}

// Cursor returns the place of an event.
func (e *Event) Cursor() Cursor { return Cursor{e.Time, key(e.Task, e.Container), e.Position} }

// key names a stream in the maps of a query.
func key(task, container string) string { return task + "/" + container }

// compare orders events by time, those of one time by stream, and those of one stream by position.
func (c Cursor) compare(d Cursor) int {
	switch {
	case c.Time != d.Time:
		return int(min(1, max(-1, c.Time-d.Time)))
	case c.Stream != d.Stream:
		return strings.Compare(c.Stream, d.Stream)
	}
	return strings.Compare(c.Position, d.Position)
}

// passed reports whether an event at c is not after from (backward: not before it), so an earlier
// page has had it. Within a stream only the position counts: a clock may have been set back.
func (c Cursor) passed(from Cursor, backward bool) bool {
	if from == (Cursor{}) {
		return false
	}
	order := c.compare(from)
	if c.Stream == from.Stream {
		order = strings.Compare(c.Position, from.Position)
	}
	if backward {
		return order >= 0
	}
	return order <= 0
}

// toAgents returns the query for the agents that have these streams.
func (q *Query) toAgents(streams []structs.LogStream) structs.LogQuery {
	out := q.LogQuery
	out.Limit, out.After, out.Follow = 0, nil, false
	if q.Backward {
		out.Limit = q.MaxEvents
	}
	if q.From == (Cursor{}) {
		return out
	}
	out.After = map[string]string{q.From.Stream: q.From.Position}
	one := len(streams) == 1 && key(streams[0].Task, streams[0].Container) == q.From.Stream
	switch {
	case one: // the position says it all
	case q.Backward && (out.Until == 0 || out.Until > q.From.Time):
		out.Until = q.From.Time + 1
		out.Limit += tieRoom
	case !q.Backward:
		out.Since = max(out.Since, q.From.Time)
	}
	return out
}

// tieRoom is how many events of one stream at the time of a cursor may have been on the page
// before.
const tieRoom = 1000
