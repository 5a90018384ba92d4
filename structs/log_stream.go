package structs

// LogStream is the output of one container of a task, as the agent of its container instance keeps
// it. A restarted container goes on in the same stream.
type LogStream struct {
	Instance string `json:"instance"`         // ContainerInstance.ID
	Cluster  string `json:"cluster"`          // its name
	Group    string `json:"group,omitzero"`   // the log group of awslogs; empty: another log driver
	Name     string `json:"name"`             // as ECS names it: PREFIX/CONTAINER/TASK, or as options say
	Region   string `json:"region,omitzero"`  // awslogs-region
	Task     string `json:"task"`             // Task.ID
	Service  string `json:"service,omitzero"` // its name
	// Container is the name in the definition.
	Container  string `json:"container"`
	CreatedAt  Time   `json:"createdAt,omitzero"`
	FirstEvent Time   `json:"firstEvent,omitzero"` // of those that are kept
	LastEvent  Time   `json:"lastEvent,omitzero"`
	LastIngest Time   `json:"lastIngest,omitzero"`
	Bytes      int64  `json:"bytes,omitzero"` // on the instance's disk
	// Dropped is how many lines were dropped before anyone could read them, because they came
	// faster than they could be kept, or the engine had removed them.
	Dropped int64 `json:"dropped,omitzero"`
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
	// After has, for a stream (as "TASK/CONTAINER"), the Position of the event after which to go
	// on; Backward: before which.
	After map[string]string `json:"after,omitzero"`
	// Limit is the most events of each stream; zero: all. Backward returns the newest ones, the
	// newest first.
	Limit    int  `json:"limit,omitzero"`
	Backward bool `json:"backward,omitzero"`
	// Follow goes on with new events, and with new streams that the query selects, until the caller
	// leaves.
	Follow bool `json:"follow,omitzero"`
}

// LogEvent is one event of a stream: a line, or several that a multiline pattern joins.
type LogEvent struct {
	Task      string `json:"task,omitzero"`
	Container string `json:"container,omitzero"`
	Source    string `json:"source,omitzero"` // stdout or stderr
	Time      Time   `json:"time"`            // the engine's
	Ingested  Time   `json:"ingested,omitzero"`
	Message   string `json:"message"` // without the line break
	// Position is where the event is in its stream. Only the agent of the instance reads it; text
	// order of two positions of a stream is the order of their events.
	Position string `json:"position"`
	// Dropped is how many lines before this one were dropped.
	Dropped int64 `json:"dropped,omitzero"`
}
