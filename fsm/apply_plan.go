package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// applyPlan commits a plan. The planner has checked that it fits; what may have changed between its
// check and this entry is whether job and instances still stand, and whether room has appeared.
func applyPlan(tx *state.Tx, index uint64, cmd structs.ApplyPlan) (string, error) {
	plan := &cmd.Plan
	old := tx.Evaluation(plan.Evaluation)
	job := tx.Job(plan.Job)
	switch {
	case old == nil || old.Status == structs.EvaluationDone:
		return "", structs.Errorf(structs.KindConflict, "The plan is stale: evaluation %s is gone or done.", plan.Evaluation)
	case job != nil && job.Version != plan.JobVersion:
		return "", structs.Errorf(structs.KindConflict, "The plan is stale: job %s has version %d, not %d.", job.ID, job.Version, plan.JobVersion)
	}
	if job != nil {
		if err := applyServicePlan(tx, index, job, plan); err != nil {
			return "", err
		}
		job = tx.Job(job.ID) // as the plan has left it
		preemptTasks(tx, index, job, plan)
	}
	eval := *old
	eval.Status, eval.Unplaced, eval.Failures, eval.ModifyIndex = plan.Status, plan.Unplaced, plan.Failures, index
	eval.Filtered, eval.Remedy = plan.Filtered, plan.Remedy
	if plan.Queue != nil {
		eval.Queue = plan.Queue
	}
	if plan.Status == structs.EvaluationBlocked && plan.Seen != 0 && plan.Seen < tx.Room(eval.Cluster) {
		// nothing would wake it for the room that the plan did not see
		eval.Status = structs.EvaluationReady
	}
	maker := newTaskMaker(tx, job, plan)
	for _, p := range plan.Placements {
		if reason := maker.place(tx, p); reason != "" {
			eval.Unplaced++
			eval.Failures = append(slices.Clip(eval.Failures), structs.PlacementFailure{Instance: p.Instance, Reason: reason})
		}
	}
	if job != nil && job.Queues() {
		switch queued := hasQueued(tx, job.ID); {
		case !queued: // what finds no place was stopped since
			eval.Status, eval.Unplaced = structs.EvaluationDone, 0
		case eval.Unplaced > plan.Unplaced: // nothing else would look at its tasks again
			eval.Status = structs.EvaluationReady
		}
	}
	if eval.Status == structs.EvaluationDone {
		eval.DoneAt = plan.At
	}
	tx.PutEvaluation(&eval)
	supersede(tx, index, &eval, plan)
	if old.Called() && eval.Status == structs.EvaluationDone {
		callNext(tx, index, old.Cluster, old.Place().Ask)
	}
	if eval.Unplaced > plan.Unplaced && eval.Status != structs.EvaluationReady {
		// a service that lacks a task must not wait for chance
		wake(tx, index, plan.At, plan.Job, becauseRefused)
	}
	return "", nil
}

// supersede ends the evaluations of a job that one which was decided later makes needless: the
// older blocked one, and, where a plan says when to look again, those that wait for their time.
func supersede(tx *state.Tx, index uint64, decided *structs.Evaluation, plan *structs.Plan) {
	if decided.Status != structs.EvaluationReady {
		for _, old := range slices.Collect(tx.OpenEvaluations(decided.Job)) {
			waits := old.Status == structs.EvaluationReady && old.WaitUntil != 0 && plan.FollowUp != nil
			if old.ID == decided.ID || old.Status != structs.EvaluationBlocked && !waits {
				continue
			}
			e := *old
			e.Status, e.DoneAt, e.ModifyIndex = structs.EvaluationDone, plan.At, index
			tx.PutEvaluation(&e)
		}
	}
	if plan.FollowUp != nil {
		addFollowUp(tx, index, decided, plan)
	}
}

// addFollowUp adds the evaluation that a plan asks for. Its id is of the job and the time, so it
// may be there.
func addFollowUp(tx *state.Tx, index uint64, decided *structs.Evaluation, plan *structs.Plan) {
	if old := tx.Evaluation(plan.FollowUp.ID); old != nil && old.Job != decided.Job {
		return
	}
	next := *plan.FollowUp
	next.Cluster, next.Job, next.Status = decided.Cluster, decided.Job, structs.EvaluationReady
	next.CreatedAt, next.ModifyIndex = plan.At, index
	tx.PutEvaluation(&next)
}
