package scheduler

import (
	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/structs"
)

// Input is everything that a plan depends on.
type Input struct {
	// View is a state no older than the evaluation.
	View View
	// Evaluation is the evaluation to plan for, as View holds it.
	Evaluation *structs.Evaluation
	// Now is the time of the plan.
	Now structs.Time
	// Seed is the source of the ids of new tasks, events and deployments. The same seed results in
	// the same ids, so each call whose plan may be committed needs a new random one.
	Seed [16]byte
	// Placer, if not nil, chooses where tasks go, in place of the job's strategies.
	Placer place.Placer
}

// Schedule plans for one evaluation. If its job is gone, the evaluation is simply done.
func Schedule(in Input) structs.Plan {
	plan := structs.Plan{
		Evaluation:      in.Evaluation.ID,
		EvaluationIndex: in.Evaluation.ModifyIndex,
		Job:             in.Evaluation.Job,
		Status:          structs.EvaluationDone,
		At:              in.Now,
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
	return plan
}

// fill finds places for the tasks of a request and puts them into the plan, with the reasons why
// other tasks have none.
func fill(plan *structs.Plan, r *place.Request, ids *taskIDs) place.Result {
	plan.Need = *r.Need
	found := place.Find(r)
	plan.Placements = make([]structs.Placement, len(found.Instances))
	for i, instance := range found.Instances {
		plan.Placements[i] = structs.Placement{Task: ids.next(), Instance: instance}
		if found.Providers != nil {
			plan.Placements[i].Provider = found.Providers[i]
		}
	}
	plan.Unplaced = r.Count - len(found.Instances)
	plan.Failures, plan.Filtered, plan.Remedy = found.Failures, found.Filtered, found.Remedy
	return found
}

// preemptedWithin is when to look again, in milliseconds, after tasks were asked to make way. Their
// end calls the job, but they may end where nothing can be placed any more.
const preemptedWithin = 60_000

// preempt adds to the plan the tasks that make way for a request's tasks without a place, if their
// job may preempt others.
func preempt(in Input, r *place.Request, found place.Result, plan *structs.Plan) {
	plan.Preempted = place.Preempt(r, found, in.Now)
	if len(plan.Preempted) > 0 && plan.FollowUp == nil {
		plan.FollowUp = followUp(r.Job, in.Now, in.Now+preemptedWithin)
	}
}

// definitionGone records in the plan that tasks cannot be placed because their task definition was
// deleted.
func definitionGone(plan *structs.Plan, definition string, unplaced int) {
	plan.Unplaced = unplaced
	plan.Failures = []structs.PlacementFailure{{
		Reason: structs.FailMissing, Detail: "task definition " + definition + " is gone",
	}}
}
