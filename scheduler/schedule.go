package scheduler

import "github.com/gantry-project/gantry/structs"

// Input is all that a plan depends on.
type Input struct {
	// View is state no older than the evaluation.
	View View
	// Evaluation is what to plan for, as View holds it.
	Evaluation *structs.Evaluation
	// Now is the time of the plan.
	Now structs.Time
	// Seed is where the ids of new tasks come from. The same seed mints the same ids: take a new random one for each call
	// whose plan may be committed.
	Seed [16]byte
}

// Output is what came of it.
type Output struct {
	Plan structs.Plan
}

// Schedule plans for one evaluation. A job that has gone needs nothing, and its evaluation is done.
func Schedule(in Input) Output {
	plan := structs.Plan{
		Evaluation:      in.Evaluation.ID,
		EvaluationIndex: in.Evaluation.ModifyIndex,
		Job:             in.Evaluation.Job,
		Status:          structs.EvaluationDone,
		At:              in.Now,
	}
	job := in.View.Job(in.Evaluation.Job)
	if job == nil {
		return Output{Plan: plan}
	}
	lack := reconcile(in.View, job)
	def := in.View.TaskDefinition(job.TaskDefinition)
	if def == nil {
		plan.Unplaced = lack.count
		plan.Failures = []structs.PlacementFailure{{
			Reason: structs.FailMissing, Detail: "task definition " + job.TaskDefinition + " is gone",
		}}
		return Output{Plan: plan}
	}
	plan.Need = structs.Need(def, job.Overrides)
	where, failures := place(in.View, job.Cluster, lack, &plan.Need)
	plan.Placements = mint(in.Seed, where)
	plan.Unplaced = lack.count - len(where)
	plan.Failures = failures
	return Output{Plan: plan}
}

// mint gives each place a new task.
func mint(seed [16]byte, where []string) []structs.Placement {
	ids := newTaskIDs(seed)
	placements := make([]structs.Placement, len(where))
	for i, instance := range where {
		placements[i] = structs.Placement{Task: ids.next(), Instance: instance}
	}
	return placements
}
