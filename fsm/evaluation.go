package fsm

import (
	"cmp"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// addEvaluation adds an evaluation whose id came with a command.
func addEvaluation(tx *state.Tx, index uint64, job *structs.Job, eval structs.Evaluation) {
	eval.Cluster, eval.Job, eval.ModifyIndex = job.Cluster, job.ID, index
	eval.Status = cmp.Or(eval.Status, structs.EvaluationReady)
	tx.PutEvaluation(&eval)
}

// endEvaluation ends an evaluation that is no longer needed.
func endEvaluation(tx *state.Tx, index uint64, at structs.Time, old *structs.Evaluation) {
	e := *old
	e.Status, e.DoneAt, e.ModifyIndex = structs.EvaluationDone, at, index
	tx.PutEvaluation(&e)
	if old.Called() {
		callNext(tx, index, old.Cluster, old.Place().Ask)
	}
}

func errEvaluationExists(id string) *structs.Error {
	return structs.Errorf(structs.KindConflict, "Evaluation %s exists already.", id)
}
