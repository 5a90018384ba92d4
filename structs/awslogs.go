package structs

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The options of the log driver awslogs, besides those that ECS checks. The first is ECS's own, and
// the others are Docker's.
const (
	awslogsPrefix       = "awslogs-stream-prefix"
	awslogsStream       = "awslogs-stream"
	awslogsDatetime     = "awslogs-datetime-format"
	awslogsMultiline    = "awslogs-multiline-pattern"
	awslogsFlush        = "awslogs-force-flush-interval-seconds"
	awslogsBuffered     = "awslogs-max-buffered-events"
	awslogsFormat       = "awslogs-format"
	awslogsEndpoint     = "awslogs-endpoint"
	awslogsCredentials  = "awslogs-credentials-endpoint"
	awslogsCreateStream = "awslogs-create-stream"
	logTag              = "tag"
)

// Options of every log driver of Docker.
const (
	LogOptionMode   = "mode"            // blocking or non-blocking
	LogOptionBuffer = "max-buffer-size" // how much may wait if it does not block
)

// LogDriverAwslogs is ECS's log driver for CloudWatch Logs. Agents keep the lines instead.
const LogDriverAwslogs = logDriverAwslogs

// Awslogs is what the options of the log driver awslogs say.
type Awslogs struct {
	Group       string
	Region      string // may be empty
	Prefix      string // of the stream's name
	Stream      string // the stream's name, if options give it
	CreateGroup bool
	// Multiline is a regular expression that matches the first line of an event; empty: each line
	// is one.
	Multiline string
}

// ParseAwslogs reads the options of the log driver awslogs. Its errors have Docker's texts, as a
// container with such options fails on ECS.
func ParseAwslogs(options map[string]string) (Awslogs, error) {
	known := []string{
		awslogsGroup, awslogsRegion, awslogsCreateGroup, awslogsPrefix, awslogsStream, awslogsDatetime, awslogsMultiline, awslogsFlush,
		awslogsBuffered, awslogsFormat, awslogsEndpoint, awslogsCredentials, awslogsCreateStream, logTag, LogOptionMode, LogOptionBuffer,
	}
	for _, option := range slices.Sorted(maps.Keys(options)) {
		if !slices.Contains(known, option) {
			return Awslogs{}, fmt.Errorf("unknown log opt '%s' for awslogs log driver", option)
		}
	}
	a := Awslogs{
		Group: options[awslogsGroup], Region: options[awslogsRegion], Prefix: options[awslogsPrefix], Stream: options[awslogsStream],
	}
	if a.Group == "" {
		return a, fmt.Errorf("must specify a value for log opt '%s'", awslogsGroup)
	}
	if text := options[awslogsCreateGroup]; text != "" {
		create, err := strconv.ParseBool(text)
		if err != nil {
			return a, fmt.Errorf("must specify valid value for log opt '%s': %w", awslogsCreateGroup, err)
		}
		a.CreateGroup = create
	}
	for _, option := range []string{awslogsFlush, awslogsBuffered} { // lines are kept at once
		if n, err := strconv.Atoi(options[option]); options[option] != "" && (err != nil || n <= 0) {
			return a, fmt.Errorf("must specify a positive integer for log opt '%s': %s", option, options[option])
		}
	}
	return a, a.parseMultiline(options)
}

// parseMultiline reads which lines begin an event.
func (a *Awslogs) parseMultiline(options map[string]string) error {
	format, dated := options[awslogsDatetime]
	pattern, multiline := options[awslogsMultiline]
	if dated && multiline {
		return fmt.Errorf("you cannot configure log opt '%s' and '%s' at the same time", awslogsDatetime, awslogsMultiline)
	}
	a.Multiline = pattern
	if dated {
		a.Multiline = datetimeSequence.ReplaceAllStringFunc(format, func(s string) string { return datetimePatterns[s] })
	}
	if _, err := regexp.Compile(a.Multiline); err != nil {
		return fmt.Errorf("awslogs could not parse multiline pattern key %q: %w", a.Multiline, err)
	}
	return nil
}

// StreamName returns the name of a container's stream (ECS). id is the container's in its engine.
func (a Awslogs) StreamName(container, task, id string) string {
	switch {
	case a.Prefix != "":
		return a.Prefix + "/" + container + "/" + task
	case a.Stream != "":
		return a.Stream
	}
	return id
}

// unsupportedAwslogs returns the options that agents do not honor.
func unsupportedAwslogs(options map[string]string) (list []string) {
	for _, option := range []string{awslogsEndpoint, awslogsCredentials, awslogsFormat, logTag} {
		if options[option] != "" {
			list = append(list, option)
		}
	}
	if create, err := strconv.ParseBool(options[awslogsCreateStream]); err == nil && !create {
		list = append(list, awslogsCreateStream)
	}
	return list
}

// datetimeSequence matches a sequence of strftime.
var datetimeSequence = regexp.MustCompile("%.")

// datetimePatterns are Docker's own expressions for the sequences of strftime. Another sequence
// matches nothing, as there.
var datetimePatterns = map[string]string{
	"%a": `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)`,
	"%A": `(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)`,
	"%w": `[0-6]`,
	"%d": `(?:0[1-9]|[1,2][0-9]|3[0,1])`,
	"%b": `(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)`,
	"%B": `(?:` + strings.Join([]string{
		"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
	}, "|") + `)`,
	"%m": `(?:0[1-9]|1[0-2])`,
	"%Y": `\d{4}`,
	"%y": `\d{2}`,
	"%H": `(?:[0,1][0-9]|2[0-3])`,
	"%I": `(?:0[0-9]|1[0-2])`,
	"%p": `[A,P]M`,
	"%M": `[0-5][0-9]`,
	"%S": `[0-5][0-9]`,
	"%f": `\d{6}`,
	"%z": `[+-]\d{4}`,
	"%Z": `[A-Z]{1,4}T`,
	"%j": `(?:0[0-9][1-9]|[1,2][0-9][0-9]|3[0-5][0-9]|36[0-6])`,
	"%L": `\.\d{3}`,
}
