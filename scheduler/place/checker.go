package place

import (
	"math"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// Checker checks the placements of one plan again, by the same rules, on newer state.
//
// memberOf, the platform and capabilities are not checked again: attributes hardly change within
// the milliseconds of a plan, and the evaluation that follows such a change corrects services.
// distinctInstance is checked again: two RunTask of one group may be planned at the same time.
type Checker struct {
	view  View
	ask   ask
	peers map[string]int
}

// NewChecker returns a checker of a plan's placements on a view.
func NewChecker(view View, plan *structs.Plan) *Checker {
	c := &Checker{view: view, ask: ask{need: &plan.Need}}
	job := view.Job(plan.Job)
	if job == nil || !slices.ContainsFunc(job.PlacementConstraints, isDistinct) {
		return c
	}
	c.ask.distinct = true
	c.ask.request = &Request{View: view, Job: job, Leaving: map[string]bool{}}
	for _, s := range plan.Stops {
		c.ask.request.Leaving[s.Task] = true
	}
	c.peers = c.ask.peers(true)
	return c
}

func isDistinct(p structs.PlacementConstraint) bool {
	return p.Type == structs.ConstraintDistinctInstance
}

// Room returns how many tasks of the plan an instance takes; zero if it no longer exists.
func (c *Checker) Room(instance string) int {
	i := c.view.Instance(instance)
	if i == nil {
		return 0
	}
	return c.ask.room(c.ask.host(i, c.view.Usage(instance), c.peers), math.MaxInt32)
}
