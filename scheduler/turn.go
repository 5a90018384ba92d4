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

// fillInTurn finds places for tasks of a batch job that can wait, unless others that ask for the same waited before: then these
// wait behind them, for the same reasons.
func fillInTurn(in Input, job *structs.Job, def *structs.TaskDefinition, count int, plan *structs.Plan) {
	r := batchRequest(in, job, def, lack{count: count})
	place := queuePlace(&r)
	if first := ahead(in, place); first != nil {
		plan.Need, plan.Unplaced = *r.need, count
		plan.Failures, plan.Filtered, plan.Remedy = first.Failures, first.Filtered, first.Remedy
	} else {
		ids := newTaskIDs(in.Seed)
		fill(plan, r, &ids)
	}
	if plan.Unplaced > 0 {
		plan.Status, plan.Queue = structs.EvaluationBlocked, place
	}
}

// ahead gives the evaluation of another job that waits for the same and is to be served first, nil when there is none.
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
	return &structs.QueuePlace{
		Ask: askKey(r), Priority: r.job.Importance(), Since: r.job.CreateIndex, CPU: r.need.CPU, Memory: r.need.Memory,
	}
}

// askKey is the same for requests of which the one finds room where the other does. It covers what an instance is asked by newAsk
// and the filters; how the strategy chooses among instances does not matter.
func askKey(r *request) string {
	a := newAsk(r)
	asked := struct {
		Need         *structs.Resources
		Architecture string
		Constraints  []string
		Capacity     []structs.CapacityProviderStrategyItem
		Group        string
		Scheduler    string
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
	text, err := json.Marshal(asked)
	if err != nil {
		return r.job.ID // it stands alone
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
