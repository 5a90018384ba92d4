package structs

import "iter"

// The states of a batch job with a BatchSpec (AWS Batch's, and STOPPED).
const (
	BatchRunning   = "RUNNING"
	BatchSucceeded = "SUCCEEDED" // each of its tasks has succeeded
	BatchFailed    = "FAILED"    // all tasks have ended, and at least one failed its last attempt
	BatchStopped   = "STOPPED"   // a user stopped it
)

// The limits of a BatchSpec (AWS Batch).
const (
	MaxBatchAttempts = 10
	MaxBatchCount    = 10_000
)

// The values of BatchSpec.OnInstanceLost: what happens to a task whose instance is lost.
const (
	// LostRetry gives up the attempt and immediately starts the next one elsewhere. The last
	// attempt still waits for its instance.
	LostRetry = "retry"
	// LostWait keeps the task on its instance until the instance comes back or is deregistered, so
	// it never runs twice.
	LostWait = "wait"
)

// BatchSpec describes how a batch job runs its Count tasks to completion. Jobs made by RunTask have
// no BatchSpec: their tasks all start at once, each is tried once, and a task that finds no room
// does not wait.
type BatchSpec struct {
	// Attempts is the maximum number of attempts for each task. An attempt fails when an essential
	// container ends with a non-zero exit code, when the task cannot be started, when its instance
	// is deregistered, and, with LostRetry, when its instance is lost.
	Attempts int `json:"attempts"`
	// Parallelism is the maximum number of tasks at a time; zero means no limit.
	Parallelism int `json:"parallelism,omitzero"`
	// OnInstanceLost is LostRetry or LostWait; empty means LostWait.
	OnInstanceLost string `json:"onInstanceLost,omitzero"`
}

// Validate checks a spec for a job of count tasks. Errors name fields as in a job file.
func (s *BatchSpec) Validate(count int) error {
	switch {
	case s.Attempts < 1 || s.Attempts > MaxBatchAttempts:
		return Errorf(KindInvalidParameter, "attempts: %d is not a number from 1 to %d", s.Attempts, MaxBatchAttempts)
	case s.Parallelism < 0:
		return Errorf(KindInvalidParameter, "parallelism: %d is less than 0; leave it out to run all tasks at a time", s.Parallelism)
	case s.OnInstanceLost != "" && s.OnInstanceLost != LostRetry && s.OnInstanceLost != LostWait:
		return Errorf(KindInvalidParameter, "onInstanceLost: %q is not %s or %s", s.OnInstanceLost, LostRetry, LostWait)
	case count < 1 || count > MaxBatchCount:
		return Errorf(KindInvalidParameter, "count: %d is not a number from 1 to %d, as a batch job needs", count, MaxBatchCount)
	}
	return nil
}

// BatchSlot is one of the Count tasks of a batch job, with the outcome of its attempts.
type BatchSlot struct {
	Attempts  int  // that ended, except those that were preempted
	Active    bool // an attempt is running
	Succeeded bool
	Failed    bool // for good: no attempt is left, or a user stopped it
	EndedAt   Time // of the last attempt that ended on its own
}

// BatchSlots sorts the tasks of a batch job with a BatchSpec into its slots. d is the job's task
// definition.
func (j *Job) BatchSlots(d *TaskDefinition, tasks iter.Seq[*Task]) []BatchSlot {
	slots := make([]BatchSlot, j.Count)
	for t := range tasks {
		if t.Slot >= len(slots) {
			continue
		}
		s := &slots[t.Slot]
		switch {
		case t.Holds():
			s.Active = true
			continue
		case t.succeeded(d):
			s.Succeeded = true
		case t.StopCode == StopUserInitiated && t.StoppedReason != ReasonDeregistered:
			s.Failed = true
		}
		if t.StopCode != StopPreempted {
			s.Attempts++
		}
		if t.StopCode != StopInstanceLost {
			// the next attempt after a loss need not wait
			s.EndedAt = max(s.EndedAt, t.StoppedAt)
		}
	}
	for n := range slots {
		s := &slots[n]
		s.Failed = !s.Succeeded && !s.Active && (s.Failed || s.Attempts >= j.Batch.Attempts)
	}
	return slots
}

// succeeded reports whether a stopped task ended on its own, with exit code zero from every
// essential container.
func (t *Task) succeeded(d *TaskDefinition) bool {
	if t.StopCode != StopEssentialContainerExited {
		return false
	}
	for n := range t.Containers {
		c := &t.Containers[n]
		if d.essential(c.Name) && (c.ExitCode == nil || *c.ExitCode != 0) {
			return false
		}
	}
	return true
}

func (d *TaskDefinition) essential(container string) bool {
	for n := range d.ContainerDefinitions {
		if c := &d.ContainerDefinitions[n]; c.Name == container {
			return c.IsEssential()
		}
	}
	return false
}

// BatchCounts is the progress of a batch job. Each of its Count tasks is counted in exactly one
// field.
type BatchCounts struct {
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	Active    int `json:"active"`  // placed, and not ended
	Waiting   int `json:"waiting"` // for room, for its turn, or for its next attempt
}

// CountBatch counts the slots of a batch job.
func CountBatch(slots []BatchSlot) (n BatchCounts) {
	for _, s := range slots {
		switch {
		case s.Active:
			n.Active++
		case s.Succeeded:
			n.Succeeded++
		case s.Failed:
			n.Failed++
		default:
			n.Waiting++
		}
	}
	return n
}
