package structs

import "slices"

// Assignment is one task that an agent is to run, with all it needs to run it.
type Assignment struct {
	Task *Task `json:"task"`
	// Definition is left out on the wire if an assignment before it in the frame has the same one.
	Definition *TaskDefinition `json:"taskDefinition,omitzero"`
	Overrides  *TaskOverride   `json:"overrides,omitzero"` // the job's
	// LogMode is how the output of containers goes to a log driver for which no mode is given: the
	// account setting defaultLogDriverMode.
	LogMode string `json:"logMode,omitzero"`
	// Once means that another task may replace this one, and that they must not both run. So an
	// agent whose engine does not answer gives the task up only if it knows that it never ran.
	Once bool `json:"once,omitzero"`
}

// AssignmentFrame is one message of an agent's stream. The first one is Full: it has every task of
// the instance that is not STOPPED, and the agent drops all others. Later frames carry the tasks
// that changed. A frame with neither only shows that the stream is alive.
type AssignmentFrame struct {
	// the number of a beat that was received; such a frame has no other field than Age
	Beat uint8 `json:"beat,omitzero"`
	// milliseconds since the newest beat that the leader is known to have received, plus one
	Age   int64  `json:"age,omitzero"`
	Index uint64 `json:"index,omitzero"` // raft index of the state that it was read from
	Full  bool   `json:"full,omitzero"`
	// Deregistered means that the instance is INACTIVE. It gets no work until its agent registers
	// it again.
	Deregistered bool         `json:"deregistered,omitzero"`
	Assignments  []Assignment `json:"assignments,omitzero"`
}

// Shorten returns the frame as it is sent over the wire, with each definition only once. A hundred
// tasks of a service would otherwise send a hundred copies of it.
func (f AssignmentFrame) Shorten() AssignmentFrame {
	seen := map[string]bool{}
	f.Assignments = slices.Clone(f.Assignments) // the stream's own assignments stay as they are
	for n := range f.Assignments {
		a := &f.Assignments[n]
		if seen[a.Task.TaskDefinition] {
			a.Definition = nil
		}
		seen[a.Task.TaskDefinition] = true
	}
	return f
}

// Restore undoes Shorten.
func (f AssignmentFrame) Restore() {
	seen := map[string]*TaskDefinition{}
	for n := range f.Assignments {
		a := &f.Assignments[n]
		if a.Definition == nil {
			a.Definition = seen[a.Task.TaskDefinition]
		}
		seen[a.Task.TaskDefinition] = a.Definition
	}
}
