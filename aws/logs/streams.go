package logs

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control/logs"
	"github.com/gantry-project/gantry/structs"
)

const orderLastEvent = "LastEventTime"

func (c *call) describeLogStreams(ctx context.Context, in *DescribeLogStreamsRequest) (*DescribeLogStreamsResponse, error) {
	if in.OrderBy == orderLastEvent && in.LogStreamNamePrefix != "" {
		return nil, invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	g, err := c.group(ctx, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	found, err := c.reader.Streams(ctx, &logs.Query{LogQuery: structs.LogQuery{Group: g.Name, Prefix: in.LogStreamNamePrefix}})
	if err != nil {
		return nil, err
	}
	if err := unread(&found); err != nil {
		return nil, err
	}
	streams := byKey(found.Streams, in.OrderBy)
	keys := slices.Sorted(maps.Keys(streams))
	if deref(in.Descending) {
		slices.Reverse(keys)
	}
	page, next, err := protocol.Listing[LogStream]{
		Operation: "DescribeLogStreams", Descending: deref(in.Descending), MaxResults: in.Limit, Most: pageSize, Token: in.NextToken,
		Rows: func(yield func(string, LogStream) bool) {
			for _, key := range keys {
				if !yield(key, c.renderStream(g.Name, streams[key])) {
					return
				}
			}
		},
	}.Page()
	return &DescribeLogStreamsResponse{LogStreams: page, NextToken: next}, err
}

// byKey returns streams by a key in the order that is asked for. Those of one name, of several
// tasks, are one stream.
func byKey(streams []structs.LogStream, order string) map[string]structs.LogStream {
	byName := map[string]structs.LogStream{}
	for _, s := range streams {
		if same, ok := byName[s.Name]; ok {
			s.CreatedAt = earlier(s.CreatedAt, same.CreatedAt)
			s.FirstEvent = earlier(s.FirstEvent, same.FirstEvent)
			s.LastEvent, s.LastIngest = max(s.LastEvent, same.LastEvent), max(s.LastIngest, same.LastIngest)
		}
		byName[s.Name] = s
	}
	if order != orderLastEvent {
		return byName
	}
	out := map[string]structs.LogStream{}
	for name, s := range byName {
		out[fmt.Sprintf("%015d/%s", int64(s.LastEvent), name)] = s
	}
	return out
}

// earlier returns the earlier of two times, of which zero is none.
func earlier(a, b structs.Time) structs.Time {
	if a == 0 || b == 0 {
		return cmp.Or(a, b)
	}
	return min(a, b)
}

func (c *call) renderStream(group string, s structs.LogStream) LogStream {
	return LogStream{
		LogStreamName: s.Name, Arn: c.arns.stream(group, s.Name), CreationTime: millis(s.CreatedAt),
		FirstEventTimestamp: millis(s.FirstEvent), LastEventTimestamp: millis(s.LastEvent), LastIngestionTime: millis(s.LastIngest),
		StoredBytes: new(int64(0)), // as in CloudWatch Logs since 2019
	}
}

// unread returns an error if nothing was found and streams are known to be where they cannot be
// read: an empty answer would say that there are none.
func unread(found *logs.Found) error {
	why, gone := found.Unread()
	switch {
	case len(found.Streams) > 0 || why == "":
		return nil
	case gone:
		return structs.Errorf(structs.KindResourceNotFound, "The specified log stream does not exist. Its %s", why)
	}
	return structs.Errorf(structs.KindUnavailable, "Nothing can be read: %s", why)
}

// notKept explains why programs cannot write to log streams.
const notKept = "%s is not supported: Gantry keeps what containers write to their output, in streams that it names itself; " +
	"write to stdout or stderr, or send other logs through awsfirelens"

func (c *call) createLogStream(context.Context, *CreateLogStreamRequest) (*struct{}, error) {
	return nil, structs.Errorf(structs.KindUnsupportedFeature, notKept, "CreateLogStream")
}

func (c *call) putLogEvents(context.Context, *PutLogEventsRequest) (*PutLogEventsResponse, error) {
	return nil, structs.Errorf(structs.KindUnsupportedFeature, notKept, "PutLogEvents")
}

func (c *call) deleteLogStream(context.Context, *DeleteLogStreamRequest) (*struct{}, error) {
	return nil, structs.Errorf(structs.KindUnsupportedFeature,
		"DeleteLogStream is not supported: events go with their log group, or when its retention ends; use PutRetentionPolicy or DeleteLogGroup")
}
