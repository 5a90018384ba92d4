package planner

import (
	"context"
	"errors"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// ErrNoProgress is returned by UntilCommitted if every plan in a row was stale, or was refused in
// part.
var ErrNoProgress = errors.New("the planner refused parts of every plan in a row")

// attempts is the maximum number of plans that UntilCommitted makes for one evaluation.
const attempts = 10

// Loop makes plans for an evaluation until one of them is committed completely.
type Loop struct {
	// Snapshot returns the newest state.
	Snapshot func() *state.Snapshot
	// Plan plans for a ready evaluation. If it returns nil, there is nothing to commit.
	Plan func(*state.Snapshot, *structs.Evaluation) (*structs.Plan, error)
	// Submit is Planner.Submit, or Planner.Decide of a planner that does not run.
	Submit func(context.Context, *structs.Plan) (Outcome, error)
}

// UntilCommitted plans for an evaluation, each time on the newest state, until all of a plan is
// committed. It stops when the evaluation is decided or there is nothing to commit.
func (l *Loop) UntilCommitted(ctx context.Context, eval string) error {
	for range attempts {
		snap := l.Snapshot()
		current := snap.Evaluation(eval)
		if current == nil || current.Status != structs.EvaluationReady {
			return nil
		}
		plan, err := l.Plan(snap, current)
		if plan == nil || err != nil {
			return err
		}
		plan.Seen = snap.Index()
		outcome, err := l.Submit(ctx, plan)
		switch {
		case errors.Is(err, ErrStale):
		case err != nil:
			return err
		case len(outcome.Refused) == 0:
			return nil
		}
	}
	return ErrNoProgress
}
