package simulator

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/server/planner"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// run is a simulation in progress.
type run struct {
	base    *state.Snapshot // what it began with
	began   structs.Time
	store   *state.Store // the fork
	fsm     *fsm.FSM
	planner *planner.Planner
	index   uint64 // of the last entry
	now     structs.Time
	seed    uint64
	decided int // evaluations

	queue   queue
	evals   *state.Subscription
	agents  agents
	touched map[string]bool   // jobs that may have changed
	last    map[string]string // by job, the evaluation that was decided last
}

// newRun forks the state. It needs the commands for the instances that they add.
func newRun(seed uint64, snap *state.Snapshot, now structs.Time, commands []structs.Command) *run {
	r := &run{
		base: snap, began: now, store: snap.Fork(), index: snap.Index(), now: now, seed: seed, touched: map[string]bool{},
		last: map[string]string{},
	}
	nobody := slog.New(slog.DiscardHandler)
	r.fsm = fsm.New(fsm.Config{Store: r.store, Logger: nobody})
	r.planner = planner.New(planner.Config{
		Snapshot: r.store.Snapshot,
		Apply:    func(_ context.Context, cmd structs.Command) (structs.Applied, error) { return r.apply(cmd) },
		Logger:   nobody,
	})
	r.queue.importance = func(e *structs.Evaluation) int { return r.store.Snapshot().Importance(e) }
	r.evals = r.store.Subscribe(state.Topic{Kind: state.TopicEvaluations})
	_ = passTargets(r.store) // it cannot fail: nothing in it does
	r.queueAll()
	r.meetAgents(commands)
	return r
}

// apply commits a command as the log would. Each takes a millisecond, so that later commands have
// later times.
func (r *run) apply(cmd structs.Command) (structs.Applied, error) {
	entry, err := fsm.Encode(cmd)
	if err != nil {
		return structs.Applied{}, err
	}
	r.index++
	r.now++
	result := r.fsm.Apply(&raft.Log{Index: r.index, Data: entry}).(fsm.Result)
	r.queueChanged()
	return result.Applied, result.Err
}

// queueAll adds to the queue every evaluation that must be decided, now or at its time.
func (r *run) queueAll() {
	for e := range r.store.Snapshot().Evaluations() {
		if e.Status == structs.EvaluationReady {
			r.queue.add(e)
		}
	}
}

// queueChanged updates the queue with the last command's changes to evaluations.
func (r *run) queueChanged() {
	changes, resync := r.evals.Take()
	if resync {
		r.touchAll()
		r.queueAll()
	}
	for _, change := range changes {
		e := change.Row.(*structs.Evaluation)
		r.touched[e.Job] = true
		if e.Status == structs.EvaluationReady && !change.Removed {
			r.queue.add(e)
		} else {
			r.queue.remove(e.ID)
		}
	}
}

// decideAll decides all evaluations whose time has come, and those that follow from these.
func (r *run) decideAll() error {
	for r.decided < maxEvaluations {
		eval := r.queue.take(r.now)
		if eval == nil {
			return nil
		}
		if err := r.decide(eval.ID); err != nil {
			return err
		}
		r.decided++
	}
	return nil
}

// decide plans for one evaluation until all of a plan is committed, as a worker does.
func (r *run) decide(id string) error {
	plan := func(snap *state.Snapshot, eval *structs.Evaluation) (*structs.Plan, error) {
		plan := scheduler.Schedule(scheduler.Input{View: snap, Evaluation: eval, Now: r.now, Seed: r.nextSeed()})
		return &plan, nil
	}
	submit := func(ctx context.Context, plan *structs.Plan) (planner.Outcome, error) {
		outcome, err := r.planner.Decide(ctx, plan)
		if err == nil && len(outcome.Refused) == 0 {
			r.last[plan.Job] = id
		}
		return outcome, err
	}
	loop := planner.Loop{Snapshot: r.store.Snapshot, Plan: plan, Submit: submit}
	if err := loop.UntilCommitted(context.Background(), id); err != nil {
		return fmt.Errorf("evaluation %s: %w", id, err)
	}
	return nil
}

// touchAll marks all jobs as changed, for when it is no longer known which ones were.
func (r *run) touchAll() {
	for j := range r.store.Snapshot().AllJobs() {
		r.touched[j.ID] = true
	}
}

// nextSeed returns a seed derived from the simulation's. Once the scheduler has mixed it, its first
// half is far from that of the last one.
func (r *run) nextSeed() (seed [16]byte) {
	binary.BigEndian.PutUint64(seed[:8], r.seed)
	binary.BigEndian.PutUint64(seed[8:], r.index)
	r.seed++
	return seed
}
