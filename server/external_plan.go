package server

import (
	"context"
	"errors"

	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/server/planner"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// plan plans a leased evaluation on the newest state, with the tasks where the external scheduler
// wants them. The plan is then handled like our own.
func (e *externalSchedulers) plan(ctx context.Context, name string, in structs.LeasePlan) (*structs.LeasePlanned, error) {
	_, id, _, err := e.held(name, in.Token)
	if err != nil {
		return nil, err
	}
	var c choice
	planned := &structs.LeasePlanned{Done: true} // already decided, or the job is gone
	plan := func(snap *state.Snapshot, eval *structs.Evaluation) (*structs.Plan, error) {
		if !asksExternal(snap, eval, name) {
			return nil, nil
		}
		c = choice{plan: &in}
		plan := scheduler.Schedule(scheduler.Input{
			View: snap, Evaluation: eval, Now: e.now(), Seed: newSeed(), Placer: c.place,
		})
		return &plan, nil
	}
	submit := func(ctx context.Context, plan *structs.Plan) (planner.Outcome, error) {
		committed, err := e.commitChoice(ctx, &c, plan)
		if err == nil {
			planned = committed
		}
		return planner.Outcome{}, err // the answer tells the external scheduler what was refused
	}
	loop := planner.Loop{Snapshot: e.snapshot, Plan: plan, Submit: submit}
	err = loop.UntilCommitted(ctx, id)
	switch {
	case errors.Is(err, planner.ErrNoProgress):
		return nil, structs.Errorf(structs.KindUnavailable, "the job changes too fast for the plan; nothing was done, try again")
	case err != nil:
		return nil, err
	case !planned.Done:
		planned.Lease = e.lease(name, id, in.Token)
		planned.Done = planned.Lease == nil
	}
	return planned, nil
}

// choice is what an external scheduler wants, and which parts of it are refused.
type choice struct {
	plan    *structs.LeasePlan
	asked   bool
	left    int // tasks that the plan does not mention
	refused []structs.PlacementFailure
}

// place is the Placer that follows an external scheduler's plan. It is asked once for a plan.
func (c *choice) place(o *place.Offer) {
	if c.asked {
		return
	}
	c.asked, c.left = true, o.Count
	for _, p := range c.plan.Placements {
		if refused := o.Take(p.Instance); refused != nil {
			c.refused = append(c.refused, *refused)
		} else {
			c.left--
		}
	}
	if len(c.refused) == 0 && c.plan.Unplaced != "" {
		o.Decline(c.plan.Unplaced)
		c.left = 0
	}
}

// commitChoice commits the whole plan if it answers everything that was asked for. Otherwise it
// commits the placements that fit, and leaves the evaluation open.
func (e *externalSchedulers) commitChoice(ctx context.Context, c *choice, plan *structs.Plan) (*structs.LeasePlanned, error) {
	whole := len(c.refused) == 0 && c.left == 0
	planned := &structs.LeasePlanned{Refused: c.refused, Done: whole}
	if !whole {
		if len(plan.Placements) == 0 {
			return planned, nil
		}
		plan = scheduler.Part(plan, plan.Placements)
	}
	outcome, err := e.submit(ctx, plan)
	if err != nil {
		return nil, err
	}
	for _, p := range outcome.Refused {
		planned.Done = false
		planned.Refused = append(planned.Refused, structs.PlacementFailure{
			Instance: p.Instance, Reason: structs.FailScheduler, Detail: "what was free there was taken a moment ago",
		})
	}
	planned.Committed = len(plan.Placements) - len(outcome.Refused)
	return planned, nil
}
