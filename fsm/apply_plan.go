package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// applyPlan commits a plan. The planner has checked that it fits; what may have changed between its check and this entry
// is whether job and instances still stand.
func applyPlan(tx *state.Tx, index uint64, cmd structs.ApplyPlan) (string, error) {
	plan := &cmd.Plan
	old := tx.Evaluation(plan.Evaluation)
	if old == nil || old.Status == structs.EvaluationDone {
		return "", structs.Errorf(structs.KindConflict, "The plan is stale: evaluation %s is gone or done.", plan.Evaluation)
	}
	eval := *old
	eval.Status, eval.Unplaced, eval.Failures, eval.ModifyIndex = plan.Status, plan.Unplaced, plan.Failures, index
	if plan.Status == structs.EvaluationDone {
		eval.DoneAt = plan.At
	}
	job := tx.Job(plan.Job)
	for _, p := range plan.Placements {
		if reason := place(tx, job, plan, p); reason != "" {
			eval.Unplaced++
			eval.Failures = append(slices.Clip(eval.Failures), structs.PlacementFailure{Instance: p.Instance, Reason: reason})
		}
	}
	tx.PutEvaluation(&eval)
	return "", nil
}

// place makes the task of a placement, or gives the reason (of failures[]) why it cannot stand any more. The task shares its strings and
// ports with its job, instance and plan: that is most of what a task weighs before it runs.
func place(tx *state.Tx, job *structs.Job, plan *structs.Plan, p structs.Placement) (refused string) {
	instance := tx.Instance(p.Instance)
	switch {
	case job == nil || instance == nil || instance.Cluster != job.Cluster || tx.Task(p.Task) != nil:
		return structs.FailMissing
	case instance.Status != structs.InstanceActive:
		return structs.FailInactive
	}
	tx.PutTask(&structs.Task{
		ID:             p.Task,
		Cluster:        job.Cluster,
		Job:            job.ID,
		TaskDefinition: job.TaskDefinition,
		Instance:       instance.ID,
		Group:          job.Group,
		StartedBy:      job.StartedBy,
		LastStatus:     structs.TaskProvisioning,
		DesiredStatus:  structs.TaskRunning,
		Version:        1,
		CPU:            plan.Need.CPU,
		Memory:         plan.Need.Memory,
		Ports:          plan.Need.Ports,
		CreatedAt:      plan.At,
	})
	tx.PutTags(taskKey(job.Cluster, p.Task), job.Tags)
	return ""
}
