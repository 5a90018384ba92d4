package planner

import (
	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// check splits a plan's placements into those that fit on the newest state and those that do not,
// in their order. All tasks of a plan have the same needs, so the room on an instance is computed
// once and counted down.
func check(snap *state.Snapshot, plan *structs.Plan) (fitting, refused []structs.Placement) {
	checker, room := place.NewChecker(snap, plan), map[string]int{}
	for _, p := range plan.Placements {
		left, known := room[p.Instance]
		if !known {
			left = checker.Room(p.Instance)
		}
		if left > 0 {
			left--
			fitting = append(fitting, p)
		} else {
			refused = append(refused, p)
		}
		room[p.Instance] = left
	}
	return fitting, refused
}
