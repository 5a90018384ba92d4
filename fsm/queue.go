package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Evaluations that wait for room are called in turn. When room appears on an instance, the first of
// each ask is called, if a task of it can fit there. When one that was called has found room for
// all of its tasks, or is not needed any more, the next of its ask is called; one that finds no
// room waits on, and so do all behind it. So a task that ends costs the log one entry for each task
// that takes its place, and one more for the first that does not, however many wait. Nobody is
// forgotten: who waits is behind one that was called, or nothing has appeared for it since somebody
// of its ask last looked.

// unblock calls those who wait for room such as an instance may have now, and notes that room has
// appeared: a plan that is on its way may not have seen it (applyPlan). Where there is neither a
// service nor ever was a batch job that waits, nothing does.
func unblock(tx *state.Tx, index uint64, on *structs.ContainerInstance) {
	if on.Status != structs.InstanceActive || !hasServices(tx.Snapshot, on.Cluster) && tx.Room(on.Cluster) == 0 {
		return
	}
	tx.PutRoom(on.Cluster, index)
	host := structs.Host{Instance: on, Usage: tx.Usage(on.ID)}
	gpus := len(host.FreeGPUs())
	for _, first := range slices.Collect(tx.FirstWaiting(on.Cluster)) {
		p := first.Place()
		if p.CPU <= host.FreeCPU() && p.Memory <= host.FreeMemory() && p.GPUs <= gpus {
			call(tx, index, first)
		}
	}
}

// callNext calls who is the first of an ask now.
func callNext(tx *state.Tx, index uint64, cluster, ask string) {
	// for those whose plans are on their way, and who will wait only then
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

// hasQueued says whether a task of a job waits for room.
func hasQueued(tx *state.Tx, job string) bool {
	for t := range tx.JobTasks(job) {
		if t.Queued() {
			return true
		}
	}
	return false
}

// endQueue ends the evaluation of a job that waits for room once none of its tasks does.
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
