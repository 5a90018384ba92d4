package scheduler

import (
	"maps"
	"slices"
	"time"

	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/structs"
)

// reconcileBatch places the tasks that a batch job lacks. Tasks that find no place wait if the job
// has a BatchSpec or queues its tasks; otherwise they are given up.
func reconcileBatch(in Input, job *structs.Job, plan *structs.Plan) {
	if job.Batch != nil {
		reconcileAttempts(in, job, plan)
		return
	}
	var queued []*structs.Task
	count, named := batchLack(in.View, job)
	if job.Queues() {
		queued = queuedTasks(in.View, job)
		count = len(queued)
	}
	def := in.View.TaskDefinition(job.TaskDefinition)
	if def == nil {
		definitionGone(plan, job.TaskDefinition, count)
		return
	}
	if !job.Queues() {
		r, ids := batchRequest(in, job, def, count, named), newTaskIDs(in.Seed)
		fill(plan, r, &ids)
		return
	}
	fillInTurn(in, job, def, count, plan)
	for n := range plan.Placements {
		p := &plan.Placements[n]
		at := max(0, slices.IndexFunc(queued, func(t *structs.Task) bool { return t.CapacityProvider == p.Provider }))
		p.Task = queued[at].ID
		queued = slices.Delete(queued, at, at+1)
	}
}

// queuedTasks returns the tasks of a job that wait for room.
func queuedTasks(view View, job *structs.Job) (queued []*structs.Task) {
	for t := range view.JobTasks(job.ID) {
		if t.Queued() {
			queued = append(queued, t)
		}
	}
	return queued
}

func batchRequest(in Input, job *structs.Job, def *structs.TaskDefinition, count int, named []string) *place.Request {
	r := &place.Request{
		View: in.View, Job: job, Definition: def, Need: new(structs.Need(def, job.Overrides)),
		Count: count, Instances: named, Seed: in.Seed, Placer: in.Placer,
	}
	if len(job.Strategy()) > 0 && named == nil {
		r.Share = batchShare(in.View, job, count)
	}
	return r
}

// batchShare returns how lacking tasks are divided, given the existing ones. For a job with a
// BatchSpec only running tasks count, because each attempt is a separate task.
func batchShare(view View, job *structs.Job, lacking int) *place.Share {
	s := &place.Share{Strategy: job.Strategy(), Total: lacking, Held: map[string]int{}}
	waiting := map[string]int{}
	for t := range view.JobTasks(job.ID) {
		switch {
		case t.Queued():
			waiting[t.CapacityProvider]++
		case t.CapacityProvider != "" && t.Instance != "" && (job.Batch == nil || t.Holds()):
			s.Held[t.CapacityProvider]++
			s.Total++
		}
	}
	if len(waiting) > 0 {
		for _, item := range s.Strategy {
			s.Settled = append(s.Settled, s.Held[item.CapacityProvider]+waiting[item.CapacityProvider])
		}
	}
	return s
}

// reconcileAttempts runs a batch job with a BatchSpec. It starts as many due tasks as the
// parallelism and the instances allow, waits if there is no room, and ends the job when each of its
// tasks has succeeded or has no attempt left. A failed task does not keep others from running.
func reconcileAttempts(in Input, job *structs.Job, plan *structs.Plan) {
	if job.Status != structs.BatchRunning {
		return
	}
	def := in.View.TaskDefinition(job.TaskDefinition)
	if def == nil {
		definitionGone(plan, job.TaskDefinition, job.Count)
		plan.JobStatus = structs.BatchFailed
		return
	}
	slots := job.BatchSlots(def, in.View.JobTasks(job.ID))
	counts := structs.CountBatch(slots)
	switch {
	case counts.Succeeded == job.Count:
		plan.JobStatus = structs.BatchSucceeded
		return
	case counts.Succeeded+counts.Failed == job.Count:
		plan.JobStatus = structs.BatchFailed
		return
	}
	due, next := dueSlots(slots, in.Now)
	if job.Batch.Parallelism > 0 {
		due = due[:min(len(due), max(0, job.Batch.Parallelism-counts.Active))]
	}
	lost := lostAttempts(in.View, job, slots)
	due = append(slices.Sorted(maps.Keys(lost)), due...)
	if len(due) > 0 {
		fillInTurn(in, job, def, len(due), plan)
	}
	for n := range plan.Placements {
		p := &plan.Placements[n]
		p.Slot, p.Attempt = due[n], slots[due[n]].Attempts+1
		if t := lost[p.Slot]; t != nil {
			p.Attempt++
			plan.Stops = append(plan.Stops, structs.Stop{Task: t.ID, Code: structs.StopInstanceLost, Reason: structs.ReasonInstanceLost})
		}
	}
	if next > 0 {
		plan.FollowUp = followUp(job, in.Now, next)
	}
}

// lostAttempts returns, by slot, the tasks on lost instances that are given up as soon as another
// attempt finds a place.
func lostAttempts(view View, job *structs.Job, slots []structs.BatchSlot) map[int]*structs.Task {
	given := map[int]*structs.Task{}
	if job.Batch.OnInstanceLost != structs.LostRetry {
		return given
	}
	for t := range view.JobTasks(job.ID) {
		another := t.Slot < len(slots) && slots[t.Slot].Attempts+1 < job.Batch.Attempts
		if another && t.Holds() && t.DesiredStatus < structs.TaskStopped && lost(view.Instance(t.Instance)) {
			given[t.Slot] = t
		}
	}
	return given
}

// dueSlots returns the slots of a batch job that may be started now, and when the next slot may be
// that waits after a failed attempt; zero if none waits.
func dueSlots(slots []structs.BatchSlot, now structs.Time) (due []int, next structs.Time) {
	for n, s := range slots {
		if s.Active || s.Succeeded || s.Failed {
			continue
		}
		at := retryAt(s)
		if at <= now {
			due = append(due, n)
		} else if next == 0 || at < next {
			next = at
		}
	}
	return due, next
}

// retryAt returns when a task of a batch job may be tried again: a second after its first attempt
// failed, twice as long after each further one, up to five minutes.
func retryAt(s structs.BatchSlot) structs.Time {
	if s.Attempts == 0 {
		return 0
	}
	delay := min(mostDelay, firstDelay<<min(s.Attempts-1, doublings))
	return s.EndedAt + structs.Time(delay/time.Millisecond)
}

// batchLack returns how many tasks a batch job lacks and, if it names its instances, which of them
// lack one. Its tasks are never replaced, so stopped tasks count like running ones.
func batchLack(view View, job *structs.Job) (count int, named []string) {
	if len(job.Instances) > 0 {
		named = namedLack(view, job)
		return len(named), named
	}
	missing := job.Count
	for range view.JobTasks(job.ID) {
		missing--
	}
	return max(0, missing), nil
}

// namedLack returns the instances that a job names and that lack one of its tasks. An instance
// named twice gets two tasks.
func namedLack(view View, job *structs.Job) []string {
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
	return named
}
