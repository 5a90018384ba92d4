package scheduler

import "github.com/gantry-project/gantry/structs"

// lack is how many tasks a job is short of.
type lack struct {
	count int
	// named, where not nil, are the very instances that each want one of them; as many as count.
	named []string
}

// reconcile compares what a job wants with what it has. A batch job's tasks are never replaced, so one that has stopped
// counts as much as one that runs.
func reconcile(view View, job *structs.Job) lack {
	if len(job.Instances) > 0 {
		return reconcileNamed(view, job)
	}
	missing := job.Count
	for range view.JobTasks(job.ID) {
		missing--
	}
	return lack{count: max(0, missing)}
}

// reconcileNamed is reconcile for a job that names its instances. One named twice wants two tasks.
func reconcileNamed(view View, job *structs.Job) lack {
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
