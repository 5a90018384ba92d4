package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// preemptTasks asks tasks of less important jobs to stop, to make room for those of a plan. A task
// that has become protected or more important since the plan was made stays; if no task ends, the
// plan's job is evaluated again.
func preemptTasks(tx *state.Tx, index uint64, job *structs.Job, plan *structs.Plan) {
	for _, s := range plan.Preempted {
		old := tx.Task(s.Task)
		if old == nil || old.DesiredStatus == structs.TaskStopped || old.Instance == "" || old.ProtectedUntil > plan.At {
			continue
		}
		other := tx.Job(old.Job)
		if other == nil || other.Importance() > job.Importance()-structs.MinPreemptionGap {
			continue
		}
		t := *old
		t.DesiredStatus, t.StopCode, t.StoppedReason = structs.TaskStopped, s.Code, s.Reason
		setOnce(&t.StoppingAt, plan.At)
		t.Version++
		tx.PutTask(&t)
		leaveTargets(tx, index, old, &t, plan.At)
		wake(tx, index, plan.At, t.Job, structs.BecauseTaskPreempted)
	}
}
