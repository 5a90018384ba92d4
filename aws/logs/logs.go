// Package logs serves the part of the Amazon CloudWatch Logs API that manages log groups and reads
// the logs of tasks: one file for each group of actions. Log groups are in state; their streams and
// events are kept by the agents of container instances, and read through control/logs.
//
// The *.gen.go files are written by aws/gen from the API's model.
package logs

import (
	"context"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/logs"
	"github.com/gantry-project/gantry/structs"
)

// New returns the CloudWatch Logs API.
func New(c *control.Control) protocol.Service {
	frame := protocol.Frame[*call]{
		Open: func(r *protocol.Request) *call {
			return &call{control: c, arns: arns{r.ARNs()}, reader: logs.Reader{Control: c}}
		},
		Authorize: (*call).authorize,
	}
	return protocol.Service{
		API:   API,
		Codes: map[structs.Kind]string{structs.KindConflict: "ResourceAlreadyExistsException"},
		Actions: map[string]protocol.Action{
			"CreateLogGroup":        protocol.Handle(frame, (*call).createLogGroup),
			"DeleteLogGroup":        protocol.Handle(frame, (*call).deleteLogGroup),
			"DescribeLogGroups":     protocol.Handle(frame, (*call).describeLogGroups),
			"PutRetentionPolicy":    protocol.Handle(frame, (*call).putRetentionPolicy),
			"DeleteRetentionPolicy": protocol.Handle(frame, (*call).deleteRetentionPolicy),

			"TagResource":         protocol.Handle(frame, (*call).tagResource),
			"UntagResource":       protocol.Handle(frame, (*call).untagResource),
			"ListTagsForResource": protocol.Handle(frame, (*call).listTagsForResource),
			"TagLogGroup":         protocol.Handle(frame, (*call).tagLogGroup),
			"UntagLogGroup":       protocol.Handle(frame, (*call).untagLogGroup),
			"ListTagsLogGroup":    protocol.Handle(frame, (*call).listTagsLogGroup),

			"DescribeLogStreams": protocol.Handle(frame, (*call).describeLogStreams),
			"CreateLogStream":    protocol.Handle(frame, (*call).createLogStream),
			"DeleteLogStream":    protocol.Handle(frame, (*call).deleteLogStream),

			"GetLogEvents":    protocol.Handle(frame, (*call).getLogEvents),
			"FilterLogEvents": protocol.Handle(frame, (*call).filterLogEvents),
			"PutLogEvents":    protocol.Handle(frame, (*call).putLogEvents),
		},
	}
}

// call is one request in an action.
type call struct {
	control *control.Control
	arns    arns
	reader  logs.Reader
}

// group returns the log group that a request names by its name or by its identifier, which is a
// name or an ARN.
func (c *call) group(ctx context.Context, name, identifier string) (*structs.LogGroup, error) {
	name, err := c.groupName(name, identifier)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	g := v.LogGroup(name)
	if g == nil {
		return nil, structs.ErrLogGroupNotFound()
	}
	return g, nil
}

func (c *call) groupName(name, identifier string) (string, error) {
	switch {
	case name != "" && identifier != "":
		return "", invalid("logGroupName and logGroupIdentifier exclude each other; give one of them")
	case name == "" && identifier == "":
		return "", invalid("logGroupName is required, or logGroupIdentifier")
	case name != "":
		return name, nil
	}
	return c.arns.groupOf("logGroupIdentifier", identifier)
}

func invalid(format string, args ...any) error {
	return structs.Errorf(structs.KindInvalidParameter, format, args...)
}

// millis returns a time as CloudWatch Logs writes it; nil if there is none.
func millis(t structs.Time) *int64 {
	if t == 0 {
		return nil
	}
	return new(int64(t))
}

// deref returns what a pointer points to; zero for nil.
func deref[T any](p *T) (zero T) {
	if p == nil {
		return zero
	}
	return *p
}
