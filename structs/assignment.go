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
	// Once: another may take the task's place, and it must not run twice. So an agent whose engine
	// does not answer gives it up only where it knows that it never ran.
	Once bool `json:"once,omitzero"`
}

// AssignmentFrame is one message of an agent's stream. The first is Full: every task of the
// instance that is not STOPPED; a task that it does not name is none of the agent's any more. Later
// frames carry the tasks that changed. A frame with neither says that the stream is alive.
type AssignmentFrame struct {
	// the number of a beat that was heard; such a frame says nothing else but Age
	Beat uint8 `json:"beat,omitzero"`
	// milliseconds since the newest beat of which the leader is known to have heard, plus one
	Age   int64  `json:"age,omitzero"`
	Index uint64 `json:"index,omitzero"` // raft index of the state that it was read from
	Full  bool   `json:"full,omitzero"`
	// Deregistered: the instance is INACTIVE, and gets no work until its agent registers it anew.
	Deregistered bool         `json:"deregistered,omitzero"`
	Assignments  []Assignment `json:"assignments,omitzero"`
}

// Shorten gives the frame as it goes over the wire: with each definition once. A hundred tasks of a
// service would else be a hundred copies of it to write and to read.
func (f AssignmentFrame) Shorten() AssignmentFrame {
	seen := map[string]bool{}
	f.Assignments = slices.Clone(f.Assignments) // they share nothing with the stream's
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
