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
	// Seed is where the ids of new tasks, events and deployments come from. The same seed mints the
	// same ids: take a new random one for each call whose plan may be committed.
	Seed [16]byte
	// Placer, where not nil, says where tasks go in place of the job's strategies.
	Placer Placer
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
		Rules:           structs.PlanRules,
	}
	job := in.View.Job(in.Evaluation.Job)
	switch {
	case job == nil:
	case job.Type == structs.JobService, job.Type == structs.JobDaemon:
		plan.JobVersion = job.Version
		reconcileService(in, job, &plan)
	default:
		plan.JobVersion = job.Version
		reconcileBatch(in, job, &plan)
	}
	return Output{Plan: plan}
}

// lack is how many tasks a job is short of.
type lack struct {
	count int
	// named, where not nil, are the very instances that each want one of them; as many as count.
	named []string
}

// fill finds places for the tasks that a job is short of, and puts them into the plan, or the
// reasons why they have none.
func fill(plan *structs.Plan, r request, ids *taskIDs) placed {
	plan.Need = *r.need
	var found placed
	if r.sharing != nil {
		found = r.sharing.place(r)
	} else {
		found = r.find()
	}
	plan.Placements = make([]structs.Placement, len(found.where))
	for i, instance := range found.where {
		plan.Placements[i] = structs.Placement{Task: ids.next(), Instance: instance}
		if found.providers != nil {
			plan.Placements[i].Provider = found.providers[i]
		}
	}
	plan.Unplaced = r.lack.count - len(found.where)
	plan.Failures, plan.Filtered, plan.Remedy = found.failures, found.filtered, found.remedy
	return found
}

// find asks the placer of the request for places, or where there is none, or the tasks name their
// instances, the strategies.
func (r *request) find() placed {
	if r.placer != nil && r.lack.named == nil && r.lack.count > 0 {
		return placeByChoice(r)
	}
	return place(*r)
}

// definitionGone is the verdict on tasks whose task definition has been deleted.
func definitionGone(plan *structs.Plan, definition string, unplaced int) {
	plan.Unplaced = unplaced
	plan.Failures = []structs.PlacementFailure{{
		Reason: structs.FailMissing, Detail: "task definition " + definition + " is gone",
	}}
}
