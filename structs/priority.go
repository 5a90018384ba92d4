package structs

import "cmp"

// The priorities of jobs, as Nomad has them.
const (
	DefaultPriority = 50
	MaxPriority     = 100
	// MinPreemptionGap is by how much less important a job must be for its tasks to make way: jobs
	// that are close to each other do not push each other out.
	MinPreemptionGap = 10
)

// Importance is the job's priority, or the default.
func (j *Job) Importance() int { return cmp.Or(j.Priority, DefaultPriority) }
