package structs

import "cmp"

// The priorities of jobs, as in Nomad.
const (
	DefaultPriority = 50
	MaxPriority     = 100
	// MinPreemptionGap is how much lower a job's priority must be for its tasks to be preempted:
	// jobs of similar priority do not preempt each other.
	MinPreemptionGap = 10
)

// Importance returns the job's priority, or the default.
func (j *Job) Importance() int { return cmp.Or(j.Priority, DefaultPriority) }
