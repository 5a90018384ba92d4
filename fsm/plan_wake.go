package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// wakeAfterPlan settles which evaluations are open once a plan has decided one: it ends those that
// the plan makes needless, adds the one that the plan asks for, calls the next in the queue, and
// wakes the job if it lacks a task that nothing else would start.
func wakeAfterPlan(tx *state.Tx, index uint64, old, decided *structs.Evaluation, plan *structs.Plan) {
	if decided.Status != structs.EvaluationReady {
		supersede(tx, index, decided, plan)
	}
	if plan.FollowUp != nil {
		addFollowUp(tx, index, decided, plan)
	}
	if old.Called() && decided.Status == structs.EvaluationDone {
		callNext(tx, index, old.Cluster, old.Place().Ask)
	}
	if decided.Unplaced > plan.Unplaced && decided.Status != structs.EvaluationReady {
		// a service that lacks a task must not wait for an unrelated event
		wake(tx, index, plan.At, plan.Job, structs.BecausePlacementRefused)
	}
}

// supersede ends the evaluations of a job that are needless after a later one was decided: the
// older blocked one and, if the plan has a time for another look, those that wait for their time.
func supersede(tx *state.Tx, index uint64, decided *structs.Evaluation, plan *structs.Plan) {
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

// addFollowUp adds the evaluation that a plan asks for. Its id comes from the job and the time, so
// it may be there already.
func addFollowUp(tx *state.Tx, index uint64, decided *structs.Evaluation, plan *structs.Plan) {
	if old := tx.Evaluation(plan.FollowUp.ID); old != nil && old.Job != decided.Job {
		return
	}
	next := *plan.FollowUp
	next.Cluster, next.Job, next.Status = decided.Cluster, decided.Job, structs.EvaluationReady
	next.CreatedAt, next.ModifyIndex = plan.At, index
	tx.PutEvaluation(&next)
}
