package logs

import (
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
)

// arns builds and reads the ARNs of log groups and streams: log-group:NAME, with :* after it where
// its streams are meant, and log-group:NAME:log-stream:NAME.
type arns struct{ protocol.ARNs }

const (
	groupKind  = "log-group:"
	streamPart = ":log-stream:"
)

func (a arns) group(name string) string         { return a.Of(groupKind + name) }
func (a arns) stream(group, name string) string { return a.Of(groupKind + group + streamPart + name) }

// groupOf returns the name of the log group in an argument, which is a name or an ARN.
func (a arns) groupOf(argument, text string) (string, error) {
	if !strings.HasPrefix(text, "arn:") {
		return text, nil
	}
	if _, _, err := a.Split(argument, text); err != nil {
		return "", err
	}
	rest := strings.SplitN(text, ":", 6)[5]
	name, ok := strings.CutPrefix(rest, groupKind)
	name = strings.TrimSuffix(name, ":*")
	if !ok || name == "" || strings.Contains(name, ":") {
		return "", invalid("%s: '%s' is not the ARN of a log group; one looks like %s", argument, text, a.group("NAME"))
	}
	return name, nil
}
