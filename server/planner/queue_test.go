package planner

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// checkTurn fails if a job gets room for which another has waited that asks for the same, was there
// before and is as important.
func (h *queueHarness) checkTurn(snap *state.Snapshot, plan *structs.Plan) {
	mine := snap.Job(plan.Job)
	for id, at := range h.waitedAt {
		other := snap.Job(id)
		if at > plan.Seen || id == mine.ID || other.TaskDefinition != mine.TaskDefinition || len(other.CapacityStrategy) != len(mine.CapacityStrategy) {
			continue
		}
		if other.Preemption != mine.Preemption || other.Preemption && other.Importance() != mine.Importance() {
			continue // these ask for room that is not free
		}
		first := other.Importance() > mine.Importance() || other.Importance() == mine.Importance() && other.CreateIndex < mine.CreateIndex
		if first && h.waits(snap, other) {
			h.t.Fatalf("job %s gets room before %s, which waits for the same and is older or more important", mine.ID, other.ID)
		}
	}
}

// checkMakesWay fails if a task makes way that is as important.
func (h *queueHarness) checkMakesWay(plan *structs.Plan, task string) {
	snap := h.store.Snapshot()
	if row := snap.Task(task); row != nil && snap.Job(row.Job).Importance() > snap.Job(plan.Job).Importance()-structs.MinPreemptionGap {
		h.t.Fatalf("task %s makes way for job %s, which is not more important by enough", task, plan.Job)
	}
}

// waits reports whether a job is still in the queue.
func (h *queueHarness) waits(snap *state.Snapshot, job *structs.Job) bool {
	for e := range snap.OpenEvaluations(job.ID) {
		if e.Waits() {
			return true
		}
	}
	return false
}

// checkNobodyIsForgotten checks, once nothing is ready, that waiting jobs would find no room, and
// that all queued tasks wait.
func (h *queueHarness) checkNobodyIsForgotten() {
	snap := h.store.Snapshot()
	for t := range snap.AllTasks() {
		if t.Queued() && !h.waits(snap, snap.Job(t.Job)) {
			h.t.Fatalf("task %s is queued and nothing will place it", t.ID)
		}
	}
	for first := range snap.FirstWaiting("default") {
		plan := scheduler.Schedule(scheduler.Input{View: snap, Evaluation: first, Now: 5, Seed: [16]byte{9}})
		if len(plan.Placements)+len(plan.Preempted) > 0 || plan.Unplaced == 0 {
			h.t.Fatalf("evaluation %s is forgotten: there is room for %d of its tasks, and %d wait", first.ID, len(plan.Placements), plan.Unplaced)
		}
	}
}

// TestQueueForgetsNobody: whatever happens between a plan and its entry, room goes to the jobs that
// wait for it, in turn.
func TestQueueForgetsNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newQueueHarness(t)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			h.step()
		}
		h.rest()
		h.letStop()
		h.checkNobodyIsForgotten()
		for on := h.tasks(false); len(on) > 0; on = h.tasks(false) { // all comes to its end
			h.end(on[0])
			h.rest()
			h.letStop()
			h.checkNobodyIsForgotten()
		}
	})
}

// TestQueueCostsTheLogLittle: a task that ends makes room for one of a thousand that wait, and
// costs two plans: the one that takes its place, and the next one's, which finds none.
func TestQueueCostsTheLogLittle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newQueueHarness(t)
		h.do(structs.SetInstanceStatus{Instances: []string{"i0"}, Status: structs.InstanceActive, At: 9})
		for range rapid.IntRange(20, 40).Draw(t, "jobs") {
			h.jobs++
			id := fmt.Sprint(h.jobs)
			h.do(structs.CreateJob{
				Job: structs.Job{
					ID: id, Cluster: "default", Type: structs.JobBatch, Count: 1, TaskDefinition: "f0:1",
					CapacityStrategy: []structs.CapacityProviderStrategyItem{{CapacityProvider: "FARGATE"}},
				},
				Evaluation: structs.Evaluation{ID: "e" + id, Status: structs.EvaluationReady},
				Tasks:      []string{"t" + id}, Providers: []string{"FARGATE"},
			})
			h.rest()
		}
		for on := h.tasks(false); len(on) > 0; on = h.tasks(false) {
			before := h.entries
			h.end(on[0])
			h.rest()
			if n := h.entries - before; n > 2 {
				t.Fatalf("one task ended, and %d plans were committed", n)
			}
		}
		if left := h.tasks(true); len(left) > 0 {
			t.Fatalf("%d tasks never started", len(left))
		}
	})
}
