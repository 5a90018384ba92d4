package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// decideEvaluation records the verdict of a plan on its evaluation and returns the new row.
func decideEvaluation(
	tx *state.Tx, index uint64, old *structs.Evaluation, job *structs.Job, plan *structs.Plan, d dropped,
) *structs.Evaluation {
	eval := *old
	eval.Status, eval.ModifyIndex = plan.Status, index
	eval.Unplaced = plan.Unplaced + len(d.refused)
	eval.Failures = append(slices.Clip(plan.Failures), d.refused...)
	eval.Filtered, eval.Remedy = plan.Filtered, plan.Remedy
	if plan.Queue != nil {
		eval.Queue = plan.Queue
	}
	switch {
	case job != nil && job.Queues() && !hasQueued(tx, job.ID):
		// the tasks that found no place have been stopped since
		eval.Status, eval.Unplaced = structs.EvaluationDone, 0
	case job != nil && job.Queues() && (len(d.refused) > 0 || d.unneeded):
		// nothing else would lead to another look at its tasks, or at the room of stopped ones
		eval.Status = structs.EvaluationReady
	case plan.Status == structs.EvaluationBlocked && plan.Seen != 0 && plan.Seen < tx.Room(eval.Cluster):
		// nothing else would wake it for the room that the plan did not see
		eval.Status = structs.EvaluationReady
	}
	if eval.Status == structs.EvaluationDone {
		eval.DoneAt = plan.At
	}
	tx.PutEvaluation(&eval)
	return &eval
}
