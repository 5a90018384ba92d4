package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// applyPlan commits a plan. The planner has checked that it fits, but the job, the instances and
// the room in the cluster may have changed since that check.
func applyPlan(tx *state.Tx, index uint64, cmd structs.ApplyPlan) (string, error) {
	plan := &cmd.Plan
	old, job, err := checkPlan(tx, plan)
	if err != nil {
		return "", err
	}
	if job != nil {
		if job, err = changeJob(tx, index, job, plan); err != nil {
			return "", err
		}
		preemptTasks(tx, index, job, plan)
	}
	dropped := placeTasks(tx, job, plan)
	decided := decideEvaluation(tx, index, old, job, plan, dropped)
	wakeAfterPlan(tx, index, old, decided, plan)
	return "", nil
}

// checkPlan returns the evaluation that a plan answers, and its job, or an error if the plan is
// stale. The job is nil if it no longer exists.
func checkPlan(tx *state.Tx, plan *structs.Plan) (*structs.Evaluation, *structs.Job, error) {
	eval, job := tx.Evaluation(plan.Evaluation), tx.Job(plan.Job)
	switch {
	case eval == nil || eval.Status == structs.EvaluationDone:
		return nil, nil, structs.Errorf(structs.KindConflict,
			"The plan is stale: evaluation %s is gone or done.", plan.Evaluation)
	case job != nil && job.Version != plan.JobVersion:
		return nil, nil, structs.Errorf(structs.KindConflict,
			"The plan is stale: job %s has version %d, not %d.", job.ID, job.Version, plan.JobVersion)
	}
	return eval, job, nil
}
