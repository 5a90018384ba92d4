package structs

// LogRequest asks the native API for what the containers of a task or a service wrote. Exactly one
// of Task and Service is set.
type LogRequest struct {
	Cluster   string `json:"cluster"`
	Task      string `json:"task,omitzero"`    // Task.ID
	Service   string `json:"service,omitzero"` // the name of a service or daemon
	Container string `json:"container,omitzero"`

	// Since and Until bound the times of lines: Since <= time < Until.
	Since Time `json:"since,omitzero"`
	Until Time `json:"until,omitzero"`
	// Tail is how many of the newest lines of each container are wanted, before those that come
	// later; nil: all.
	Tail *int `json:"tail,omitzero"`
	// Follow goes on with new lines: of a task until it has stopped, of a service without an end.
	Follow bool `json:"follow,omitzero"`
	// After has, for each container (TASK/CONTAINER) of which the caller has lines, the Position of
	// the last one: the answer goes on after it. Tail then counts no more.
	After map[string]string `json:"after,omitzero"`
}

// Check reports what is wrong with a request.
func (r *LogRequest) Check() *Error {
	switch {
	case r.Cluster == "":
		return Errorf(KindInvalidParameter, "cluster: name a cluster")
	case (r.Task == "") == (r.Service == ""):
		return Errorf(KindInvalidParameter, "name either a task or a service")
	case r.Tail != nil && (*r.Tail < 0 || *r.Tail > MaxLogTail):
		return Errorf(KindInvalidParameter, "tail: %d is not between 0 and %d", *r.Tail, MaxLogTail)
	case r.Follow && r.Until != 0:
		return Errorf(KindInvalidParameter, "until: lines that are followed have no end; leave out one of follow and until")
	case r.Until != 0 && r.Until <= r.Since:
		return Errorf(KindInvalidParameter, "until is not after since")
	}
	return nil
}

// MaxLogTail is the most that LogRequest.Tail can be.
const MaxLogTail = 10_000

// LogLine is one line of the answer to a LogRequest: an event, or a Note. An empty line of the
// answer only shows that the server is there.
type LogLine struct {
	LogEvent
	// Note is for people: what is missing from the answer, and why.
	Note string `json:"note,omitzero"`
	// Failure ends an answer that is not complete.
	Failure *LogFailure `json:"failure,omitzero"`
	// Mark means that there is no event, only a Position to go on after.
	Mark bool `json:"mark,omitzero"`
}

// LogFailure is why an answer is not complete.
type LogFailure struct {
	Code    Kind   `json:"code"`
	Message string `json:"message"`
}
