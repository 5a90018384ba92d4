package structs

import "slices"

// Assignment is a task that an agent should run, with everything it needs to run it.
type Assignment struct {
	Task *Task `json:"task"`
	// Definition is left out on the wire if an earlier assignment in the frame has the same one.
	Definition *TaskDefinition `json:"taskDefinition,omitzero"`
	Overrides  *TaskOverride   `json:"overrides,omitzero"` // the job's
	// LogMode is the delivery mode for log drivers whose configuration does not set one (the
	// account setting defaultLogDriverMode).
	LogMode string `json:"logMode,omitzero"`
	// Mappings are those of the file systems that the definition names, by id. They are what they
	// were when the assignment was sent.
	Mappings map[string]VolumeMapping `json:"volumeMappings,omitzero"`
	// SecurityGroups are the ids of the security groups of an awsvpc task.
	SecurityGroups []string `json:"securityGroups,omitzero"`
	// Deployment is the service deployment that the task belongs to, whose tasks all run the same
	// digests, and Images are those that are decided on. Both are empty for other tasks.
	Deployment string        `json:"deployment,omitzero"`
	Images     []PinnedImage `json:"images,omitzero"`
	// MissingLogGroup means that a log group did not exist that the containers write to with the
	// log driver awslogs. It must be made before they start.
	MissingLogGroup bool `json:"missingLogGroup,omitzero"`
	// Once means that another task may replace this one, and the two must never both run. So an
	// agent whose engine does not answer gives the task up only if it knows that the task never
	// ran.
	Once bool `json:"once,omitzero"`
	// DrainSeconds is how long the task's target groups wait for open requests, if it has Targets.
	// An agent that hears from no server stops its containers that long after it was asked to.
	DrainSeconds int `json:"drainSeconds,omitzero"`
	// LaunchType is the job's: EC2, FARGATE or EXTERNAL. Older servers leave it out.
	LaunchType string `json:"launchType,omitzero"`
}

// AssignmentFrame is one message of an agent's stream. The first one is Full: it has every task of
// the instance that is not STOPPED, and the agent drops all others. Later frames carry only tasks
// that changed. An empty frame shows that the stream is alive.
type AssignmentFrame struct {
	// the number of a beat that was received; such a frame has no other fields except Age
	Beat uint8 `json:"beat,omitzero"`
	// milliseconds, plus one, since the newest beat that the leader is known to have received
	Age   int64  `json:"age,omitzero"`
	Index uint64 `json:"index,omitzero"` // raft index of the state it was read from
	Full  bool   `json:"full,omitzero"`
	// Deregistered means that the instance is INACTIVE. It gets no work until its agent registers
	// it again.
	Deregistered bool         `json:"deregistered,omitzero"`
	Assignments  []Assignment `json:"assignments,omitzero"`
	// Network is nil if nothing about the task network changed, and for agents that run no awsvpc
	// tasks. A Full frame has a Full one.
	Network *NetworkFrame `json:"network,omitzero"`
}

// Shorten returns the frame as it is sent over the wire, with each definition only once. Otherwise
// a hundred tasks of a service would carry a hundred copies of the same definition.
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
