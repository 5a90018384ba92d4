package scheduler

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// fillInTurn finds places for tasks of a batch job that can wait, unless others that ask for the
// same waited before: then these wait behind them, for the same reasons.
func fillInTurn(in Input, job *structs.Job, def *structs.TaskDefinition, count int, plan *structs.Plan) {
	r := batchRequest(in, job, def, lack{count: count})
	place := queuePlace(&r)
	if first := ahead(in, place); first != nil {
		plan.Need, plan.Unplaced = *r.need, count
		plan.Failures, plan.Filtered, plan.Remedy = first.Failures, first.Filtered, first.Remedy
	} else {
		ids := newTaskIDs(in.Seed)
		fill(plan, r, &ids)
		preempt(in, &r, plan)
	}
	if plan.Unplaced > 0 {
		plan.Status, plan.Queue = structs.EvaluationBlocked, place
	}
}

// ahead gives the evaluation of another job that waits for the same and is to be served first, nil
// when there is none.
func ahead(in Input, place *structs.QueuePlace) *structs.Evaluation {
	mine := structs.Evaluation{ID: in.Evaluation.ID, Cluster: in.Evaluation.Cluster, Queue: place}
	for first := range in.View.Waiting(mine.Cluster, place.Ask) {
		if first.Job == in.Evaluation.Job || structs.CompareWaiting(&mine, first) < 0 {
			return nil
		}
		return first
	}
	return nil
}

// queuePlace is where a batch job stands among those that wait for room.
func queuePlace(r *request) *structs.QueuePlace {
	place := placeOf(r.job, r.need)
	place.Ask, place.Since = askKey(r), r.job.CreateIndex
	return place
}

// placeOf is the place of a job that stands alone. One that takes room from others says nothing of
// its need: it is called also when there is less room than that, for what else is on the instance
// may make way.
func placeOf(job *structs.Job, need *structs.Resources) *structs.QueuePlace {
	place := &structs.QueuePlace{Ask: job.ID, Priority: job.Importance(), CPU: need.CPU, Memory: need.Memory, GPUs: need.GPUs}
	if job.Preemption {
		place.CPU, place.Memory, place.GPUs = 0, 0, 0
	}
	return place
}

// askKey is the same for requests of which the one finds room where the other does. It covers what
// an instance is asked by newAsk and the filters; how the strategy chooses among instances does not
// matter.
func askKey(r *request) string {
	if len(r.job.CapacityStrategy) > 1 {
		// one that waits for the share of a full provider must not keep others from that of another
		return r.job.ID
	}
	a := newAsk(r)
	asked := struct {
		Need         *structs.Resources
		Architecture string
		Constraints  []string
		Capacity     []structs.CapacityProviderStrategyItem
		Group        string
		Scheduler    string
		Preempts     int // from what importance down it takes room from others
	}{Need: r.need, Architecture: a.architecture, Capacity: r.job.CapacityStrategy, Scheduler: r.job.Scheduler}
	for _, c := range r.job.PlacementConstraints {
		asked.Constraints = append(asked.Constraints, c.Type+" "+c.Expression)
	}
	for _, c := range r.definition.PlacementConstraints {
		asked.Constraints = append(asked.Constraints, c.Type+" "+c.Expression)
	}
	slices.SortFunc(asked.Constraints, strings.Compare)
	if a.distinct || a.usesGroups {
		asked.Group = cmp.Or(r.job.Group, r.job.ID)
	}
	if r.job.Preemption {
		asked.Preempts = r.job.Importance() - structs.MinPreemptionGap
	}
	text, err := json.Marshal(asked)
	if err != nil {
		return r.job.ID // it stands alone
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
