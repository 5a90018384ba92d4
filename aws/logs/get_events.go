package logs

import (
	"context"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/control/logs"
	"github.com/gantry-project/gantry/structs"
)

// The bounds of an answer with events (CloudWatch Logs).
const (
	maxEvents = 10_000
	maxBytes  = 1 << 20
)

// getLogEvents returns events of one stream in the order of their times: the newest of them without
// a token, unless startFromHead is set.
func (c *call) getLogEvents(ctx context.Context, in *GetLogEventsRequest) (*GetLogEventsResponse, error) {
	g, err := c.group(ctx, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	q := &logs.Query{
		MaxEvents: limit(in.Limit), MaxBytes: maxBytes,
		LogQuery: structs.LogQuery{
			Group: g.Name, Names: []string{in.LogStreamName}, Since: structs.Time(deref(in.StartTime)), Until: structs.Time(deref(in.EndTime)),
		},
	}
	q.Backward = !deref(in.StartFromHead)
	if in.NextToken != "" {
		if q.Backward, q.From, err = parseToken(in.NextToken); err != nil {
			return nil, err
		}
	}
	page, err := c.reader.Page(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := unread(&page.Found); err != nil {
		return nil, err
	}
	if len(page.Streams) == 0 {
		return nil, structs.Errorf(structs.KindResourceNotFound, "The specified log stream does not exist.")
	}
	if q.Backward {
		slices.Reverse(page.Events)
	}
	out := &GetLogEventsResponse{}
	out.NextForwardToken, out.NextBackwardToken = tokens(q, page.Events)
	for i := range page.Events {
		e := &page.Events[i]
		out.Events = append(out.Events, OutputLogEvent{Message: e.Message, Timestamp: millis(e.Time), IngestionTime: millis(e.Ingested)})
	}
	return out, nil
}

func limit(asked *int32) int {
	if asked == nil {
		return maxEvents
	}
	return int(*asked)
}

// tokens returns the tokens for what is after and before a page. At an end of the stream the token
// in its direction is the one that was given.
func tokens(q *logs.Query, events []logs.Event) (forward, backward string) {
	from := q.From
	switch {
	case len(events) > 0:
		return forwardToken(events[len(events)-1].Cursor()), backwardToken(events[0].Cursor())
	case from == (logs.Cursor{}): // of a stream that has no events yet
		return forwardToken(from), backwardToken(logs.Cursor{Time: 1})
	case q.Backward: // and forward again from the event that is not before itself
		return forwardToken(logs.Cursor{Time: from.Time - 1, Stream: "~"}), backwardToken(from)
	}
	return forwardToken(from), backwardToken(logs.Cursor{Time: from.Time + 1})
}

// Tokens have CloudWatch Logs' form, f/…/s for events after a place and b/…/s for those before it.
func forwardToken(at logs.Cursor) string  { return "f/" + at.String() + "/s" }
func backwardToken(at logs.Cursor) string { return "b/" + at.String() + "/s" }

func parseToken(token string) (backward bool, at logs.Cursor, err error) {
	parts := strings.Split(token, "/")
	if len(parts) == 3 && (parts[0] == "f" || parts[0] == "b") && parts[2] == "s" {
		if at, ok := logs.ParseCursor(parts[1]); ok {
			return parts[0] == "b", at, nil
		}
	}
	return false, at, invalid("The specified nextToken is invalid.")
}
