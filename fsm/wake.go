package fsm

import (
	"fmt"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// maxReady is how many evaluations of a job may be ready at a time. A third is not needed: the
// second starts after the first has ended, so it sees everything that happened before then.
const maxReady = 2

// wake adds an evaluation of a job that reacts to changes of its tasks. It may be called any number
// of times for one job and index.
func wake(tx *state.Tx, index uint64, at structs.Time, id string, because structs.EvaluationReason) {
	job := tx.Job(id)
	if !watches(job) {
		return
	}
	ready := 0
	for e := range tx.OpenEvaluations(job.ID) {
		if e.Status == structs.EvaluationReady && e.WaitUntil == 0 {
			ready++
		}
	}
	eval := wakeID(job.ID, index)
	if ready >= maxReady || tx.Evaluation(eval) != nil {
		return
	}
	tx.PutEvaluation(&structs.Evaluation{
		ID: eval, Cluster: job.Cluster, Job: job.ID, Because: because, Status: structs.EvaluationReady, CreatedAt: at, ModifyIndex: index,
	})
}

// wakeID returns an id made of the second half of the job's id and the raft index: it is the same
// on every server, and used once.
func wakeID(job string, index uint64) string {
	return fmt.Sprintf("%s%016x", job[max(0, len(job)-16):], index)
}

// wakeInstances wakes the jobs that may react to a change of instances: services with tasks on
// them, the daemons of their clusters and, if an instance now takes tasks, the services that may
// move tasks to it.
func wakeInstances(tx *state.Tx, index uint64, at structs.Time, instances []*structs.ContainerInstance) {
	open := map[string]bool{} // whether an instance of the cluster takes tasks
	var clusters []string
	for _, i := range instances {
		if !slices.Contains(clusters, i.Cluster) {
			clusters = append(clusters, i.Cluster)
		}
		open[i.Cluster] = open[i.Cluster] || i.TakesTasks()
		for t := range tx.InstanceTasks(i.ID) {
			wake(tx, index, at, t.Job, structs.BecauseInstanceChanged)
		}
	}
	for _, cluster := range clusters {
		for j := range tx.Services(cluster) {
			if j.Type == structs.JobDaemon || open[cluster] && j.Rebalances() {
				wake(tx, index, at, j.ID, structs.BecauseInstanceChanged)
			}
		}
	}
}

// wakeLast wakes the daemons of a draining instance once only their tasks, which leave last, are on
// it.
func wakeLast(tx *state.Tx, index uint64, at structs.Time, on *structs.ContainerInstance) {
	if on == nil || on.Status != structs.InstanceDraining {
		return
	}
	var daemons []string
	for t := range tx.InstanceTasks(on.ID) {
		job := tx.Job(t.Job)
		if job == nil || job.Type != structs.JobDaemon {
			return
		}
		daemons = append(daemons, job.ID)
	}
	for _, id := range daemons {
		wake(tx, index, at, id, structs.BecauseInstanceChanged)
	}
}

// watches reports whether a job reacts to changes of its tasks: a service or daemon does until it
// is INACTIVE, a batch job with a BatchSpec while it is RUNNING.
func watches(j *structs.Job) bool {
	return isService(j) && j.Status != structs.ServiceInactive || hasBatchSpec(j) && j.Status == structs.BatchRunning
}

// hasBatchSpec reports whether a job is a batch job with a BatchSpec.
func hasBatchSpec(j *structs.Job) bool { return j != nil && j.Batch != nil }

// isService reports whether a job is a service or daemon, which keeps its tasks up.
func isService(j *structs.Job) bool {
	return j != nil && (j.Type == structs.JobService || j.Type == structs.JobDaemon)
}
