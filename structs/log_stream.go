package structs

import (
	"slices"
	"strings"
)

// LogStream is the output of one container of a task, as the agent of its container instance keeps
// it. A restarted container goes on in the same stream.
type LogStream struct {
	Instance string `json:"instance"`       // ContainerInstance.ID
	Cluster  string `json:"cluster"`        // its name
	Group    string `json:"group,omitzero"` // the log group of awslogs; empty: another log driver
	// Name is PREFIX/CONTAINER/TASK for awslogs, or the container's id in the engine if there is no
	// prefix, as in ECS. It is CONTAINER/TASK for other log drivers.
	Name    string `json:"name"`
	Region  string `json:"region,omitzero"`  // awslogs-region
	Task    string `json:"task"`             // Task.ID
	Service string `json:"service,omitzero"` // its name
	// Container is the name in the definition.
	Container  string `json:"container"`
	CreatedAt  Time   `json:"createdAt,omitzero"`
	FirstEvent Time   `json:"firstEvent,omitzero"` // of those that are kept
	LastEvent  Time   `json:"lastEvent,omitzero"`
	LastIngest Time   `json:"lastIngest,omitzero"`
	Bytes      int64  `json:"bytes,omitzero"` // on the instance's disk
	// Live means that the agent still collects: the container may write more.
	Live bool `json:"live,omitzero"`
	// Lines is how many lines were kept since the beginning. Only what ships them asks for it.
	Lines int64 `json:"lines,omitzero"`
	// Removed is how many lines were kept and then removed, because of their age or to stay within
	// the bounds of size.
	Removed int64 `json:"removed,omitzero"`
	// Dropped is how many lines were dropped before anyone could read them, because they came
	// faster than they could be kept. Gaps is how often an unknown number of lines may be missing:
	// the engine had removed them before the agent read them.
	Dropped int64 `json:"dropped,omitzero"`
	Gaps    int64 `json:"gaps,omitzero"`
	// Unreadable says, for people, why the output cannot be read here: the engine's log driver
	// sends it elsewhere. Empty if it can.
	Unreadable string `json:"unreadable,omitzero"`
}

// LogQuery selects streams of one container instance, and events of them. Empty fields select
// everything.
type LogQuery struct {
	Group     string   `json:"group,omitzero"`
	Names     []string `json:"names,omitzero"`
	Prefix    string   `json:"prefix,omitzero"` // of Name
	Task      string   `json:"task,omitzero"`
	Service   string   `json:"service,omitzero"`
	Container string   `json:"container,omitzero"`

	// Since and Until bound the times of events: Since <= time < Until.
	Since Time `json:"since,omitzero"`
	Until Time `json:"until,omitzero"`
	// After has, for a stream (by Task and Container, as "TASK/CONTAINER"), the Position of the
	// event after which to go on; Backward: before which.
	After map[string]string `json:"after,omitzero"`
	// Limit is the most events of each stream; zero: all. Backward returns the newest ones, the
	// newest first. With Follow, it is how many of the events that are there come before new ones:
	// the newest Limit, in the order of time.
	Limit    int  `json:"limit,omitzero"`
	Backward bool `json:"backward,omitzero"`
	// Follow goes on with new events, and with new streams that the query selects, until the caller
	// leaves. It does not go with Backward.
	Follow bool `json:"follow,omitzero"`
}

// Selects reports whether the query is about a stream.
func (q *LogQuery) Selects(s *LogStream) bool {
	is := func(want, have string) bool { return want == "" || want == have }
	return is(q.Group, s.Group) && is(q.Task, s.Task) && is(q.Service, s.Service) && is(q.Container, s.Container) &&
		strings.HasPrefix(s.Name, q.Prefix) && (len(q.Names) == 0 || slices.Contains(q.Names, s.Name))
}

// LogEvent is one event of a stream: a line, or several that a multiline pattern joins.
type LogEvent struct {
	Task      string `json:"task,omitzero"`
	Container string `json:"container,omitzero"`
	Source    string `json:"source,omitzero"` // stdout or stderr
	Time      Time   `json:"time"`            // the engine's
	// Ingested is when the agent kept the event, to the second, and not before Time.
	Ingested Time `json:"ingested,omitzero"`
	// Message is without the line break. An event of a multiline pattern has those of all its
	// lines, the last included, as the log driver awslogs sends it.
	Message string `json:"message"`
	// Position is where the event is in its stream. Only the agent of the instance reads it; text
	// order of two positions of a stream is the order of their events.
	Position string `json:"position"`
	// Continues means that the line is too long for one event and goes on in the next event of its
	// source (262,118 bytes, as awslogs cuts it).
	Continues bool `json:"continues,omitzero"`
	// Dropped is how many lines before this one were dropped, or were removed while they were being
	// read. Gap means that an unknown number may be missing before this one.
	Dropped int64 `json:"dropped,omitzero"`
	Gap     bool  `json:"gap,omitzero"`
}
