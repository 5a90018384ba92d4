package scheduler

import (
	"cmp"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// maxFailures bounds how many instances a plan names as too full; beyond it more names help nobody, and each is in the log.
const maxFailures = 10

// explain says why none of the candidates takes a further task once all are full: one failure for each, those that came
// closest first. The closest got furthest through the filters, and there lacks the least.
func explain(all []candidate, need *structs.Resources) []structs.PlacementFailure {
	if len(all) == 0 {
		return []structs.PlacementFailure{{Reason: structs.FailNoInstance}}
	}
	rejected := make([]*rejection, 0, len(all))
	for _, c := range all {
		if r := check(c.instance, holding(c.usage, need, c.room), need); r != nil {
			rejected = append(rejected, r)
		}
	}
	slices.SortFunc(rejected, func(a, b *rejection) int {
		return cmp.Or(cmp.Compare(b.rule, a.rule), cmp.Compare(a.missing, b.missing), cmp.Compare(a.instance, b.instance))
	})
	failures := make([]structs.PlacementFailure, min(len(rejected), maxFailures))
	for i := range failures {
		failures[i] = structs.PlacementFailure{Instance: rejected[i].instance, Reason: rejected[i].reason}
	}
	return failures
}
