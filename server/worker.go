package server

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/server/broker"
	"github.com/gantry-project/gantry/server/planner"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// After an evaluation a job rests for restFactor times as long as the evaluation took, at most
// mostRest: each report of one of its tasks asks for another, and those of a service with thousands
// of tasks are long.
const (
	restFactor = 39
	mostRest   = 500 * time.Millisecond
)

// errNotItsTurn means that room was made for a more important job, which must be decided first.
var errNotItsTurn = errors.New("a more important evaluation was called because room appeared")

// worker turns evaluations into plans.
type worker struct {
	broker   *broker.Broker
	snapshot func() *state.Snapshot
	submit   func(context.Context, *structs.Plan) (planner.Outcome, error)
	// handOver gives an evaluation whose tasks need places to the external scheduler of that name.
	handOver func(scheduler string, eval *structs.Evaluation)
	now      func() structs.Time
	log      *slog.Logger
}

// Run takes evaluations from the broker until ctx ends. Several may run at once.
func (w *worker) Run(ctx context.Context) error {
	for {
		eval, token, err := w.broker.Dequeue(ctx)
		if err != nil {
			return nil // ctx has ended, or the broker was closed because of that
		}
		thought, err := w.evaluate(ctx, eval)
		if errors.Is(err, errNotItsTurn) {
			w.broker.Yield(eval.ID, token)
			continue
		}
		if err != nil {
			w.log.Error("could not evaluate", "eval", eval.ID, "job", eval.Job, "error", err)
			w.broker.Nack(eval.ID, token)
			continue
		}
		w.broker.AckThenRest(eval.ID, token, min(restFactor*thought, mostRest))
	}
}

// evaluate plans until the planner has committed all of a plan, and returns how long the last one
// took to compute.
func (w *worker) evaluate(ctx context.Context, eval *structs.Evaluation) (thought time.Duration, err error) {
	plan := func(snap *state.Snapshot, current *structs.Evaluation) (*structs.Plan, error) {
		if snap.MoreUrgent(current) {
			return nil, errNotItsTurn
		}
		in := scheduler.Input{View: snap, Evaluation: current, Now: w.now(), Seed: newSeed()}
		external := false
		name := externalScheduler(snap, current)
		if name != "" {
			in.Placer = func(*place.Offer) { external = true }
		}
		began := time.Now()
		plan := scheduler.Schedule(in)
		thought = time.Since(began)
		if external {
			w.handOver(name, current)
			thought = 0
			return nil, nil
		}
		return &plan, nil
	}
	loop := planner.Loop{Snapshot: w.snapshot, Plan: plan, Submit: w.submit}
	err = loop.UntilCommitted(ctx, eval.ID)
	return thought, err
}

// externalScheduler returns the name of the external scheduler that places the tasks of an
// evaluation's job; empty for our own.
func externalScheduler(snap *state.Snapshot, eval *structs.Evaluation) string {
	if job := snap.Job(eval.Job); job != nil {
		return job.Scheduler
	}
	return ""
}

func newSeed() (seed [16]byte) {
	_, _ = rand.Read(seed[:]) // never fails (crypto/rand)
	return seed
}
