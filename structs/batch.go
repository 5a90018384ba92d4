package structs

import "iter"

// The states of a batch job with a BatchSpec (the words of AWS Batch, and STOPPED).
const (
	BatchRunning   = "RUNNING"
	BatchSucceeded = "SUCCEEDED" // each of its tasks has succeeded
	BatchFailed    = "FAILED"    // all have ended, and at least one failed at its last attempt
	BatchStopped   = "STOPPED"   // a user stopped it
)

// The limits of a BatchSpec (AWS Batch).
const (
	MaxBatchAttempts = 10
	MaxBatchCount    = 10_000
)

// What becomes of a task of a batch job whose instance is lost (BatchSpec.OnInstanceLost).
const (
	// LostRetry gives the attempt up and starts the next one elsewhere at once. The last attempt
	// waits for its instance.
	LostRetry = "retry"
	// LostWait leaves the task to its instance, until that comes back or is deregistered: it never
	// runs twice.
	LostWait = "wait"
)

// BatchSpec says how a batch job runs its Count tasks to completion. The jobs of RunTask have none:
// each of their tasks is tried once, all at the same time, and what finds no room does not wait.
type BatchSpec struct {
	// Attempts is how often each of the tasks may be tried. One fails when an essential container
	// of it ends with another exit code than zero, when it cannot be started, when its instance is
	// deregistered, and when that is lost and OnInstanceLost says so.
	Attempts int `json:"attempts"`
	// Parallelism is how many tasks run at a time; zero: all.
	Parallelism int `json:"parallelism,omitzero"`
	// OnInstanceLost is LostRetry or LostWait; empty: LostWait.
	OnInstanceLost string `json:"onInstanceLost,omitzero"`
}

// Validate checks a spec for a job of so many tasks. Fields are named as in a job file.
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

// BatchSlot is one of the Count tasks of a batch job, with what became of its attempts.
type BatchSlot struct {
	Attempts  int  // that ended and count: not those that made way for a job of higher priority
	Active    bool // an attempt of it is under way
	Succeeded bool
	Failed    bool // for good: no attempt is left, or a user stopped it
	EndedAt   Time // of the last attempt that ended by itself
}

// BatchSlots sorts the tasks of a batch job that has a BatchSpec into its slots. Definition is that
// of the job.
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
			// the next attempt after a loss has nothing to wait for
			s.EndedAt = max(s.EndedAt, t.StoppedAt)
		}
	}
	for n := range slots {
		s := &slots[n]
		s.Failed = !s.Succeeded && !s.Active && (s.Failed || s.Attempts >= j.Batch.Attempts)
	}
	return slots
}

// succeeded says whether a task that has stopped ended by itself, and each essential container with
// exit code zero.
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

// BatchCounts is how far a batch job is: each of its Count tasks is one of these.
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
