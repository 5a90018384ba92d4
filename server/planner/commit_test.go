package planner

import (
	"context"
	"errors"
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func TestUntilCommitted(t *testing.T) {
	refusal := Outcome{Refused: []structs.Placement{{Task: "t"}}}
	other := errors.New("the log is gone")
	for name, c := range map[string]struct {
		outcomes []Outcome // of each plan in turn; the last one's stays
		errs     []error
		noPlan   bool
		plans    int
		want     error
	}{
		"at once":             {outcomes: []Outcome{{}}, errs: []error{nil}, plans: 1},
		"stale once":          {outcomes: []Outcome{{}, {}}, errs: []error{ErrStale, nil}, plans: 2},
		"refused in part":     {outcomes: []Outcome{refusal, {}}, errs: []error{nil, nil}, plans: 2},
		"refused on and on":   {outcomes: []Outcome{refusal}, errs: []error{nil}, plans: attempts, want: ErrNoProgress},
		"an error of the log": {outcomes: []Outcome{{}}, errs: []error{other}, plans: 1, want: other},
		"nothing to submit":   {noPlan: true, plans: 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.addJob("j", 1)
			plans := 0
			plan := func(snap *state.Snapshot, _ *structs.Evaluation) (*structs.Plan, error) {
				plans++
				if c.noPlan {
					return nil, nil
				}
				return &structs.Plan{}, nil
			}
			submit := func(_ context.Context, plan *structs.Plan) (Outcome, error) {
				if plan.Seen != h.store.Snapshot().Index() {
					t.Errorf("the plan says that it has seen index %d", plan.Seen)
				}
				n := min(plans, len(c.outcomes)) - 1
				return c.outcomes[n], c.errs[n]
			}
			loop := Loop{Snapshot: h.store.Snapshot, Plan: plan, Submit: submit}
			if err := loop.UntilCommitted(t.Context(), "j"); !errors.Is(err, c.want) || plans != c.plans {
				t.Errorf("%d plans, error %v; want %d, %v", plans, err, c.plans, c.want)
			}
			if err := loop.UntilCommitted(t.Context(), "unknown"); err != nil || plans != c.plans {
				t.Errorf("an evaluation that has gone was planned for: %v", err)
			}
		})
	}
}
