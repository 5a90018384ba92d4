package logs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

func TestDescribeLogStreams(t *testing.T) {
	a := newAPI(t)
	a.oldGroup("g")
	for n, stream := range []string{"a/1", "a/2", "b/1"} {
		a.write("g", stream, map[int]string{1: "x", 9 - n: "y"})
	}
	names := func(out answer) string {
		var list []string
		for _, s := range out.LogStreams {
			list = append(list, s.LogStreamName)
		}
		return strings.Join(list, " ")
	}
	for body, want := range map[string]string{
		`{"logGroupName": "g"}`:                                                     "a/1 a/2 b/1",
		`{"logGroupName": "g", "logStreamNamePrefix": "a/"}`:                        "a/1 a/2",
		`{"logGroupName": "g", "descending": true}`:                                 "b/1 a/2 a/1",
		`{"logGroupName": "g", "orderBy": "LastEventTime"}`:                         "b/1 a/2 a/1",
		`{"logGroupName": "g", "orderBy": "LastEventTime", "descending": true}`:     "a/1 a/2 b/1",
		`{"logGroupIdentifier": "arn:aws:logs:us-east-1:000000000000:log-group:g"}`: "a/1 a/2 b/1",
	} {
		if got := names(a.call("DescribeLogStreams", "%s", body)); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	first := a.call("DescribeLogStreams", `{"logGroupName": "g", "limit": 2, "orderBy": "LastEventTime", "descending": true}`)
	rest := a.call("DescribeLogStreams", `{"logGroupName": "g", "limit": 2, "orderBy": "LastEventTime", "descending": true, "nextToken": %q}`, first.NextToken)
	if names(first) != "a/1 a/2" || names(rest) != "b/1" || rest.NextToken != "" {
		t.Errorf("pages: %s, %s", names(first), names(rest))
	}
	s := first.LogStreams[0]
	if s.Arn != "arn:aws:logs:us-east-1:000000000000:log-group:g:log-stream:a/1" || *s.CreationTime != begin || *s.FirstEventTimestamp != begin+1 || *s.LastEventTimestamp != begin+9 {
		t.Errorf("described as %+v", s)
	}
	a.refused("ResourceNotFoundException", "The specified log group does not exist.", "DescribeLogStreams", `{"logGroupName": "none"}`)
	a.refused("InvalidParameterException", "Cannot order by LastEventTime", "DescribeLogStreams", `{"logGroupName": "g", "logStreamNamePrefix": "a", "orderBy": "LastEventTime"}`)
	a.refused("InvalidParameterException", "logGroupName is required", "DescribeLogStreams", `{}`)
	for operation, body := range map[string]string{
		"CreateLogStream": `{"logGroupName": "g", "logStreamName": "s"}`, "DeleteLogStream": `{"logGroupName": "g", "logStreamName": "s"}`,
		"PutLogEvents": `{"logGroupName": "g", "logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "m"}]}`,
	} {
		a.refused("UnsupportedFeatureException", operation+" is not supported: ", operation, "%s", body)
	}
}

// Tokens lead through a stream in both directions. At its ends they stay the same, and new events
// come after the one that leads forward.
func TestGetLogEvents(t *testing.T) {
	a := newAPI(t)
	a.oldGroup("g")
	a.write("g", "s", map[int]string{1: "a", 2: "b", 3: "c", 4: "d", 5: "e"})
	a.write("g", "other", map[int]string{2: "no"})
	get := func(more string, args ...any) answer {
		t.Helper()
		return a.call("GetLogEvents", `{"logGroupName": "g", "logStreamName": "s"%s}`, fmt.Sprintf(more, args...))
	}
	want := func(out answer, text string) {
		t.Helper()
		if got := messages(out.Events); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
	out := get("")
	want(out, "a b c d e")
	if e := out.Events[1]; *e.Timestamp != begin+2 || *e.IngestionTime != begin+7 {
		t.Errorf("an event: %+v", e)
	}
	out = get(`, "limit": 2`)
	want(out, "d e")
	forward := out.NextForwardToken
	end := get(`, "limit": 2, "nextToken": %q`, forward)
	want(end, "")
	if end.NextForwardToken != forward {
		t.Errorf("the token at the end changed from %s to %s", forward, end.NextForwardToken)
	}
	want(get(`, "limit": 2, "nextToken": %q`, end.NextBackwardToken), "d e")
	out = get(`, "limit": 2, "nextToken": %q`, out.NextBackwardToken)
	want(out, "b c")
	want(get(`, "limit": 2, "nextToken": %q`, out.NextForwardToken), "d e")
	out = get(`, "limit": 2, "nextToken": %q`, out.NextBackwardToken)
	want(out, "a")
	front := get(`, "limit": 2, "nextToken": %q`, out.NextBackwardToken)
	want(front, "")
	if front.NextBackwardToken != out.NextBackwardToken {
		t.Errorf("the token at the front changed from %s to %s", out.NextBackwardToken, front.NextBackwardToken)
	}
	want(get(`, "limit": 2, "nextToken": %q`, front.NextForwardToken), "a b")
	want(get(`, "limit": 2, "startFromHead": true`), "a b")
	want(get(`, "startTime": %d, "endTime": %d`, begin+2, begin+4), "b c")
	a.write("g", "s", map[int]string{6: "f"})
	want(get(`, "nextToken": %q`, forward), "f")

	a.write("g", "empty", nil)
	a.agents.Write(structs.LogStream{Instance: a.instance, Group: "g", Name: "empty", Task: "t", Container: "c"})
	empty := a.call("GetLogEvents", `{"logGroupName": "g", "logStreamName": "empty"}`)
	a.agents.Write(structs.LogStream{Instance: a.instance, Task: "t", Container: "c"}, structs.LogEvent{Time: begin, Message: "first"})
	want(a.call("GetLogEvents", `{"logGroupName": "g", "logStreamName": "empty", "nextToken": %q}`, empty.NextForwardToken), "first")

	a.refused("ResourceNotFoundException", "The specified log stream does not exist.", "GetLogEvents", `{"logGroupName": "g", "logStreamName": "none"}`)
	a.refused("InvalidParameterException", "The specified nextToken is invalid.", "GetLogEvents", `{"logGroupName": "g", "logStreamName": "s", "nextToken": "f/x/s"}`)
}

func TestFilterLogEvents(t *testing.T) {
	a := newAPI(t)
	a.oldGroup("g")
	a.write("g", "p/1", map[int]string{1: "ERROR_a", 3: "c", 5: "ERROR_e"})
	a.write("g", "p/2", map[int]string{2: "b", 4: `{"level":"ERROR"}`})
	a.write("g", "q/1", map[int]string{6: "f"})
	for body, want := range map[string]string{
		``:                           `ERROR_a b c {"level":"ERROR"} ERROR_e f`,
		`, "filterPattern": "ERROR"`: `ERROR_a {"level":"ERROR"} ERROR_e`,
		`, "filterPattern": "{ $.level = ERROR }"`:                        `{"level":"ERROR"}`,
		`, "logStreamNamePrefix": "p/"`:                                   `ERROR_a b c {"level":"ERROR"} ERROR_e`,
		`, "logStreamNames": ["q/1", "p/2"]`:                              `b {"level":"ERROR"} f`,
		fmt.Sprintf(`, "startTime": %d, "endTime": %d`, begin+2, begin+3): `b c`,
	} {
		if got := messages(a.call("FilterLogEvents", `{"logGroupName": "g"%s}`, body).Events); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	seen := map[string]string{}
	var all []FilteredLogEvent
	for token := ""; ; {
		out := a.call("FilterLogEvents", `{"logGroupName": "g", "limit": 2%s}`, token)
		for _, e := range out.Events {
			if seen[e.EventId] != "" || len(e.EventId) != 56 {
				t.Errorf("id %s of %s is that of %q", e.EventId, e.Message, seen[e.EventId])
			}
			seen[e.EventId] = e.Message
		}
		all = append(all, out.Events...)
		if out.NextToken == "" {
			break
		}
		token = fmt.Sprintf(`, "nextToken": %q`, out.NextToken)
	}
	if len(all) != 6 || all[3].LogStreamName != "p/2" {
		t.Errorf("pages have %+v", all)
	}
	for _, e := range a.call("FilterLogEvents", `{"logGroupName": "g"}`).Events {
		if seen[e.EventId] != e.Message {
			t.Errorf("another call has another id, %s, for %s", e.EventId, e.Message)
		}
	}
	a.refused("InvalidParameterException", "Invalid filter pattern: invalid character(s) in term 'a-b'", "FilterLogEvents", `{"logGroupName": "g", "filterPattern": "a-b"}`)
	a.refused("InvalidParameterException", "exclude each other", "FilterLogEvents", `{"logGroupName": "g", "logStreamNames": ["a"], "logStreamNamePrefix": "b"}`)
	a.refused("ResourceNotFoundException", "log stream", "FilterLogEvents", `{"logGroupName": "g", "logStreamNames": ["none"]}`)
	a.refused("InvalidParameterException", "nextToken", "FilterLogEvents", `{"logGroupName": "g", "nextToken": "x"}`)
}
