package scheduler

import "github.com/gantry-project/gantry/structs"

// reconcileBatch places the tasks that a batch job is short of. Those that find no place do not wait.
func reconcileBatch(in Input, job *structs.Job, plan *structs.Plan) {
	lack := batchLack(in.View, job)
	def := in.View.TaskDefinition(job.TaskDefinition)
	if def == nil {
		definitionGone(plan, job.TaskDefinition, lack.count)
		return
	}
	need, ids := structs.Need(def, job.Overrides), newTaskIDs(in.Seed)
	fill(plan, request{view: in.View, job: job, definition: def, need: &need, lack: lack, seed: in.Seed}, &ids)
}

// batchLack compares what a batch job wants with what it has. Its tasks are never replaced, so one that has stopped
// counts as much as one that runs.
func batchLack(view View, job *structs.Job) lack {
	if len(job.Instances) > 0 {
		return namedLack(view, job)
	}
	missing := job.Count
	for range view.JobTasks(job.ID) {
		missing--
	}
	return lack{count: max(0, missing)}
}

// namedLack is batchLack for a job that names its instances. One named twice wants two tasks.
func namedLack(view View, job *structs.Job) lack {
	has := map[string]int{}
	for t := range view.JobTasks(job.ID) {
		has[t.Instance]++
	}
	named := []string{}
	for _, id := range job.Instances {
		if has[id] > 0 {
			has[id]--
		} else {
			named = append(named, id)
		}
	}
	return lack{count: len(named), named: named}
}
