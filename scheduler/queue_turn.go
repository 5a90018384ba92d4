package scheduler

import (
	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/structs"
)

// fillInTurn finds places for tasks of a batch job that can wait. If other jobs with the same ask
// already wait, these tasks wait behind them, for the same reasons.
func fillInTurn(in Input, job *structs.Job, def *structs.TaskDefinition, count int, plan *structs.Plan) {
	r := batchRequest(in, job, def, count, nil)
	queue := queuePlace(r)
	if first := ahead(in, queue); first != nil {
		plan.Need, plan.Unplaced = *r.Need, count
		plan.Failures, plan.Filtered, plan.Remedy = first.Failures, first.Filtered, first.Remedy
	} else {
		ids := newTaskIDs(in.Seed)
		found := fill(plan, r, &ids)
		preempt(in, r, found, plan)
	}
	if plan.Unplaced > 0 {
		plan.Status, plan.Queue = structs.EvaluationBlocked, queue
	}
}

// ahead returns the evaluation of another job with the same ask that is served first, or nil if
// there is none.
func ahead(in Input, queue *structs.QueuePlace) *structs.Evaluation {
	mine := structs.Evaluation{ID: in.Evaluation.ID, Cluster: in.Evaluation.Cluster, Queue: queue}
	for first := range in.View.Waiting(mine.Cluster, queue.Ask) {
		if first.Job == in.Evaluation.Job || structs.CompareWaiting(&mine, first) < 0 {
			return nil
		}
		return first
	}
	return nil
}

// queuePlace returns a batch job's place among the jobs that wait for room.
func queuePlace(r *place.Request) *structs.QueuePlace {
	queue := placeOf(r.Job, r.Need)
	queue.Ask, queue.Since = r.AskKey(), r.Job.CreateIndex
	return queue
}

// placeOf returns the place of a job that waits in a line of its own. A job that may preempt others
// does not state its need: it is called even if there is less room, because other tasks on the
// instance may make way.
func placeOf(job *structs.Job, need *structs.Resources) *structs.QueuePlace {
	queue := &structs.QueuePlace{Ask: job.ID, Priority: job.Importance(), CPU: need.CPU, Memory: need.Memory, GPUs: need.GPUs, Addresses: need.Addresses}
	if job.Preemption {
		queue.CPU, queue.Memory, queue.GPUs, queue.Addresses = 0, 0, 0, 0
	}
	return queue
}
