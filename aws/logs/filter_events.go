package logs

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/big"

	"github.com/gantry-project/gantry/control/logs"
	"github.com/gantry-project/gantry/control/logs/filter"
	"github.com/gantry-project/gantry/structs"
)

// filterLogEvents returns the events of many streams that match a pattern, in the order of their
// times. Streams that cannot be read at the moment are in searchedLogStreams.
func (c *call) filterLogEvents(ctx context.Context, in *FilterLogEventsRequest) (*FilterLogEventsResponse, error) {
	if len(in.LogStreamNames) > 0 && in.LogStreamNamePrefix != "" {
		return nil, invalid("logStreamNames and logStreamNamePrefix exclude each other; give one of them")
	}
	g, err := c.group(ctx, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	pattern, err := filter.Parse(in.FilterPattern)
	if err != nil {
		return nil, invalid("Invalid filter pattern: %v", err)
	}
	q := &logs.Query{
		MaxEvents: limit(in.Limit), MaxBytes: maxBytes, Matches: pattern.Matches,
		LogQuery: structs.LogQuery{
			Group: g.Name, Names: in.LogStreamNames, Prefix: in.LogStreamNamePrefix, Since: structs.Time(deref(in.StartTime)),
		},
	}
	if in.EndTime != nil {
		q.Until = structs.Time(*in.EndTime) + 1 // events at the end are in the answer
	}
	if in.NextToken != "" {
		var ok bool
		if q.From, ok = logs.ParseCursor(in.NextToken); !ok {
			return nil, invalid("The specified nextToken is invalid.")
		}
	}
	page, err := c.reader.Page(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := unread(&page.Found); err != nil {
		return nil, err
	}
	if len(page.Streams) == 0 && len(in.LogStreamNames) > 0 {
		return nil, structs.Errorf(structs.KindResourceNotFound, "The specified log stream does not exist.")
	}
	return c.filtered(&page), nil
}

func (c *call) filtered(page *logs.Page) *FilterLogEventsResponse {
	out := &FilterLogEventsResponse{}
	if page.More {
		out.NextToken = page.Last.String()
	}
	for i := range page.Events {
		e := &page.Events[i]
		out.Events = append(out.Events, FilteredLogEvent{
			EventId: eventID(e), LogStreamName: e.Stream.Name, Message: e.Message, Timestamp: millis(e.Time), IngestionTime: millis(e.Ingested),
		})
	}
	for _, m := range page.Missing {
		for _, task := range m.Tasks {
			out.SearchedLogStreams = append(out.SearchedLogStreams, SearchedLogStream{
				LogStreamName: fmt.Sprintf("(of task %s: %s)", task, m), SearchedCompletely: new(false),
			})
		}
	}
	return out
}

// eventID returns the id of an event, which is the same in every answer: 56 digits that begin with
// its time.
func eventID(e *logs.Event) string {
	hash := sha256.Sum256([]byte(e.Task + "/" + e.Container + "/" + e.Position))
	number := new(big.Int).SetBytes(hash[:17]) // at most 41 digits
	return fmt.Sprintf("%015d%041d", int64(e.Time), number)
}
