package planner

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

func TestWholePlanIsOneEntryWithItsVerdict(t *testing.T) {
	h := newHarness(t)
	h.addInstance("i", 3)
	h.addJob("j", 4)
	outcome := submit(t, h.start(), h.planFor("j"))
	if len(outcome.Refused) > 0 || outcome.Index != h.store.Snapshot().Index() || len(h.entries) != 1 {
		t.Errorf("outcome %+v after %d entries at index %d", outcome, len(h.entries), h.store.Snapshot().Index())
	}
	e := h.store.Snapshot().Evaluation("j")
	if h.tasks("j") != 3 || e.Status != structs.EvaluationDone || e.Unplaced != 1 || len(e.Failures) != 1 {
		t.Errorf("%d tasks, evaluation %+v; want 3 tasks and the scheduler's verdict on the fourth", h.tasks("j"), e)
	}
}

func TestTwoPlansForTheLastRoom(t *testing.T) {
	for name, ports := range map[string][]int32{"memory": nil, "ports": {80}} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.addInstance("i", 1)
			if ports != nil {
				h.addInstance("i", 100)
			}
			h.addJob("a", 1, ports...)
			h.addJob("b", 1, ports...)
			first, second := h.planFor("a"), h.planFor("b") // neither sees the other
			p := h.start()
			if outcome := submit(t, p, first); len(outcome.Refused) != 0 {
				t.Fatalf("the first plan is refused: %+v", outcome)
			}
			outcome := submit(t, p, second)
			if !slices.Equal(outcome.Refused, second.Placements) || outcome.Index != h.store.Snapshot().Index() {
				t.Fatalf("the second plan's outcome is %+v, want all refused", outcome)
			}
			if len(h.entries) != 1 || h.store.Snapshot().Evaluation("b").Status != structs.EvaluationReady {
				t.Error("a plan of which nothing fits leaves its mark")
			}
			submit(t, p, h.planFor("b"))
			if e := h.store.Snapshot().Evaluation("b"); e.Status != structs.EvaluationDone || e.Unplaced != 1 || h.tasks("b") != 0 {
				t.Errorf("planned again, the second finds no room; its evaluation is %+v", e)
			}
		})
	}
}

func TestTwoPlansThatWantInstancesOfTheirOwn(t *testing.T) {
	h := newHarness(t)
	h.addInstance("i1", 100)
	h.addInstance("i2", 100)
	h.addJob("a", 1)
	h.addJob("b", 2)
	h.update(func(tx *state.Tx, _ uint64) {
		for _, id := range []string{"a", "b"} {
			job := *tx.Job(id)
			job.Type, job.Group = structs.JobBatch, "g"
			job.PlacementConstraints = []structs.PlacementConstraint{{Type: structs.ConstraintDistinctInstance}}
			tx.PutJob(&job)
		}
	})
	first, second := h.planFor("a"), h.planFor("b") // neither sees the other
	p := h.start()
	submit(t, p, first)
	if outcome := submit(t, p, second); len(outcome.Refused) != 1 || outcome.Refused[0].Instance != first.Placements[0].Instance {
		t.Fatalf("the second plan's outcome is %+v, want a refusal of instance %s, where the first went", outcome, first.Placements[0].Instance)
	}
}

func TestRefusedPartIsPlannedAgain(t *testing.T) {
	h := newHarness(t)
	h.addInstance("small", 3)
	h.addJob("a", 2)
	h.addJob("b", 3)
	first, second := h.planFor("a"), h.planFor("b")
	second.Failures = []structs.PlacementFailure{{Reason: structs.FailCPU}}
	p := h.start()
	submit(t, p, first)
	outcome := submit(t, p, second)
	if !slices.Equal(outcome.Refused, second.Placements[1:]) {
		t.Fatalf("refused %v, want all but the first of %v", outcome.Refused, second.Placements)
	}
	e := h.store.Snapshot().Evaluation("b")
	if h.tasks("b") != 1 || e.Status != structs.EvaluationReady || len(e.Failures) != 0 {
		t.Fatalf("%d tasks, evaluation %+v; want the one that fits, and no verdict yet", h.tasks("b"), e)
	}
	if len(second.Placements) != 3 || second.Status != structs.EvaluationDone {
		t.Error("the submitted plan was changed")
	}
	h.addInstance("big", 100)
	if outcome := submit(t, p, h.planFor("b")); len(outcome.Refused) != 0 {
		t.Fatalf("planned again: %+v", outcome)
	}
	if e := h.store.Snapshot().Evaluation("b"); h.tasks("b") != 3 || e.Status != structs.EvaluationDone {
		t.Errorf("%d tasks of 3, evaluation %+v", h.tasks("b"), e)
	}
}

func TestPlacementOnAnInstanceThatChanged(t *testing.T) {
	changes := map[string]func(*state.Tx, *structs.ContainerInstance){
		"gone": func(tx *state.Tx, i *structs.ContainerInstance) { tx.RemoveInstance(i) },
		"draining": func(tx *state.Tx, i *structs.ContainerInstance) {
			i.Status = structs.InstanceDraining
			tx.PutInstance(i)
		},
		"lost":    func(tx *state.Tx, i *structs.ContainerInstance) { i.AgentConnected = false; tx.PutInstance(i) },
		"smaller": func(tx *state.Tx, i *structs.ContainerInstance) { i.Registered.Memory = 0; tx.PutInstance(i) },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.addInstance("i", 1)
			h.addJob("j", 1)
			plan := h.planFor("j")
			h.update(func(tx *state.Tx, _ uint64) {
				i := *tx.Instance("i")
				change(tx, &i)
			})
			if outcome := submit(t, h.start(), plan); len(outcome.Refused) != 1 || h.tasks("j") != 0 {
				t.Errorf("outcome %+v, %d tasks", outcome, h.tasks("j"))
			}
		})
	}
}

func TestStalePlans(t *testing.T) {
	h := newHarness(t)
	h.addInstance("i", 5)
	h.addJob("j", 2)
	h.addJob("half", 2)
	p := h.start()
	stale := func(what string, plan *structs.Plan) {
		t.Helper()
		before := len(h.entries)
		if _, err := p.Submit(t.Context(), plan); !errors.Is(err, ErrStale) || len(h.entries) != before {
			t.Errorf("%s: %v, %d new entries", what, err, len(h.entries)-before)
		}
	}
	first, again := h.planFor("j"), h.planFor("j") // two workers with the same evaluation
	submit(t, p, first)
	stale("the evaluation is done", again)

	// Two workers with the same evaluation, and the first one's plan fits only in part: the
	// evaluation is open still.
	first, again = h.planFor("half"), h.planFor("half")
	first.Placements = append(first.Placements, structs.Placement{Task: "t", Instance: "gone"})
	submit(t, p, first)
	if h.store.Snapshot().Evaluation("half").Status != structs.EvaluationReady {
		t.Fatal("the evaluation is decided though a part was refused")
	}
	stale("the evaluation has changed", again)

	unknown := *again
	unknown.Evaluation = "unknown"
	stale("there is no such evaluation", &unknown)
	if h.tasks("j") != 2 || h.tasks("half") != 2 {
		t.Errorf("%d and %d tasks, want 2 each", h.tasks("j"), h.tasks("half"))
	}
}

func TestCancelledBeforeItsTurn(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.addInstance("i", 9)
		h.addJob("a", 1)
		h.addJob("b", 1)
		goOn := make(chan struct{})
		h.before = func(context.Context) error { <-goOn; return nil }
		p := New(Config{Snapshot: h.store.Snapshot, Apply: h.apply})
		runCtx, stop := context.WithCancel(t.Context())
		go p.Run(runCtx)

		submitCancelled := func(job string) <-chan error {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				_, err := p.Submit(ctx, h.planFor(job))
				ended <- err
			}()
			synctest.Wait() // it is with the planner, or waits for its turn
			cancel()
			return ended
		}
		first := submitCancelled("a")
		second := submitCancelled("b")
		if err := <-second; !errors.Is(err, context.Canceled) {
			t.Errorf("a plan cancelled before its turn ends with %v", err)
		}
		close(goOn)
		if err := <-first; err != nil {
			t.Errorf("a plan cancelled while it commits ends with %v", err)
		}
		stop()
		synctest.Wait()
		if h.tasks("a") != 1 || h.tasks("b") != 0 {
			t.Errorf("%d and %d tasks, want the first one's only", h.tasks("a"), h.tasks("b"))
		}
	})
}

func TestPlannerEnds(t *testing.T) {
	tests := []struct {
		name   string
		err    error // of Apply
		goesOn bool
	}{
		{"refused by the state machine", structs.Errorf(structs.KindConflict, "no"), true},
		{"no leader", structs.ErrNoLeader(), false},
		{"fate unknown", context.DeadlineExceeded, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			faketime.Test(t, func(t *testing.T) {
				h := newHarness(t)
				h.addInstance("i", 9)
				h.addJob("a", 1)
				h.addJob("b", 1)
				h.before = func(context.Context) error { return test.err }
				p := New(Config{Snapshot: h.store.Snapshot, Apply: h.apply})
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- p.Run(ctx) }()
				if _, err := p.Submit(ctx, h.planFor("a")); !errors.Is(err, test.err) {
					t.Errorf("the plan ends with %v, want %v", err, test.err)
				}
				h.before = func(context.Context) error { return nil }
				_, err := p.Submit(ctx, h.planFor("b"))
				if test.goesOn && err != nil || !test.goesOn && !errors.Is(err, ErrStopped) {
					t.Errorf("the next plan ends with %v", err)
				}
				stop()
				if err := <-ended; test.goesOn != (err == nil) {
					t.Errorf("Run ends with %v", err)
				}
				if _, err := p.Submit(t.Context(), h.planFor("b")); !errors.Is(err, ErrStopped) {
					t.Errorf("a plan after the end ends with %v", err)
				}
			})
		})
	}
}
