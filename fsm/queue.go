package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Evaluations that wait for room are called in turn. When room appears on an instance, the first of
// each ask is called if one of its tasks can fit there. When a called evaluation has found room for
// all its tasks, or is no longer needed, the next of its ask is called. One that finds no room
// keeps waiting, and so do all behind it. So however many wait, a task that ends costs one log
// entry for each task that takes its place, and one more for the first that does not. No evaluation
// is forgotten: either one ahead of it was called, or no room has appeared for it since one with
// its ask last looked.

// unblock calls the evaluations that may now find room on an instance. It also records that room
// has appeared, since a plan in flight may not have seen it (decideEvaluation). In a cluster that
// has no services and never had a waiting batch job, nothing waits.
func unblock(tx *state.Tx, index uint64, on *structs.ContainerInstance) {
	if on.Status != structs.InstanceActive || !hasServices(tx.Snapshot, on.Cluster) && tx.Room(on.Cluster) == 0 {
		return
	}
	tx.PutRoom(on.Cluster, index)
	host := structs.Host{Instance: on, Usage: tx.Usage(on.ID)}
	gpus, addresses := len(host.FreeGPUs()), host.FreeAddresses()
	for _, first := range slices.Collect(tx.FirstWaiting(on.Cluster)) {
		p := first.Place()
		if p.CPU <= host.FreeCPU() && p.Memory <= host.FreeMemory() && p.GPUs <= gpus && p.Addresses <= addresses {
			call(tx, index, first)
		}
	}
}

// callPreempting calls the evaluations of jobs with preemption when an instance of their cluster
// takes no more tasks: the tasks that make way for them may be on it, and their room is lost.
func callPreempting(tx *state.Tx, index uint64, cluster string) {
	tx.PutRoom(cluster, index) // for plans in flight
	for _, first := range slices.Collect(tx.FirstWaiting(cluster)) {
		if job := tx.Job(first.Job); job != nil && job.Preemption {
			call(tx, index, first)
		}
	}
}

// callNext calls the first evaluation with an ask.
func callNext(tx *state.Tx, index uint64, cluster, ask string) {
	// for plans in flight whose evaluations do not wait yet
	tx.PutRoom(cluster, index)
	for first := range tx.Waiting(cluster, ask) {
		call(tx, index, first)
		return
	}
}

func call(tx *state.Tx, index uint64, old *structs.Evaluation) {
	if old.Status != structs.EvaluationBlocked {
		return
	}
	e := *old
	e.Status, e.WaitUntil, e.ModifyIndex = structs.EvaluationReady, 0, index
	tx.PutEvaluation(&e)
}

// hasQueued reports whether a task of a job waits for room.
func hasQueued(tx *state.Tx, job string) bool {
	for t := range tx.JobTasks(job) {
		if t.Queued() {
			return true
		}
	}
	return false
}

// endQueue ends a job's evaluation that waits for room if none of the job's tasks waits any more.
func endQueue(tx *state.Tx, index uint64, at structs.Time, job string) {
	if hasQueued(tx, job) {
		return
	}
	for _, old := range slices.Collect(tx.OpenEvaluations(job)) {
		if old.Waits() {
			endEvaluation(tx, index, at, old)
		}
	}
}

func hasServices(snap *state.Snapshot, cluster string) bool {
	for range snap.Services(cluster) {
		return true
	}
	return false
}
