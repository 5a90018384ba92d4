package planner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// ErrStopped is returned for a plan submitted after the planner ended. It was not committed.
var ErrStopped = errors.New("the planner has stopped")

// ErrStale is returned for a plan whose evaluation or job has changed since, whose evaluation is
// decided or gone, or that was made before another plan of its job was committed. It was not
// committed.
var ErrStale = errors.New("the plan is stale: its evaluation or job has changed since, or it is decided")

// maxJobs is the maximum number of jobs whose last committed plan a planner remembers.
const maxJobs = 100_000

// Config holds what a planner needs. All fields except Logger are required.
type Config struct {
	// Snapshot returns the newest state.
	Snapshot func() *state.Snapshot
	// Apply replicates a command and returns once Snapshot holds it (control.Log).
	Apply func(ctx context.Context, cmd structs.Command) (structs.Applied, error)
	// Logger logs refused placements. Default: none.
	Logger *slog.Logger
}

// Planner checks and commits plans, one at a time. Submit is safe for concurrent use.
type Planner struct {
	config      Config
	submissions chan submission // unbuffered: a plan that Run has not taken has not begun
	stopped     chan struct{}

	// last holds the index of each job's last committed plan, for jobs that had one after index
	// all. Only Run uses these two.
	last map[string]uint64
	all  uint64
}

// Outcome is the result of a plan.
type Outcome struct {
	// Refused are the placements that no longer fit. If there are any, the evaluation is still open
	// and must be planned again.
	Refused []structs.Placement
	// Index is the index of the state that shows the outcome. The next plan needs a state that is
	// no older.
	Index uint64
}

type submission struct {
	plan   *structs.Plan
	answer chan<- answer // has room for one
}

type answer struct {
	outcome Outcome
	err     error
}

// New returns a planner that does nothing until Run.
func New(c Config) *Planner {
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	return &Planner{config: c, submissions: make(chan submission), stopped: make(chan struct{}), last: map[string]uint64{}}
}

// Run takes plans in the order in which they came, and returns nil when ctx ends. It returns an
// error if the fate of a log entry is unknown: the server must then catch up with the log before a
// new planner begins. It can be called only once.
func (p *Planner) Run(ctx context.Context) error {
	defer close(p.stopped)
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case s := <-p.submissions:
			if ctx.Err() != nil { // both were ready, and select chose this one
				s.answer <- answer{err: ErrStopped}
				return nil
			}
			outcome, err := p.Decide(ctx, s.plan)
			s.answer <- answer{outcome, err}
			if err != nil && !errors.Is(err, ErrStale) && ctx.Err() == nil {
				return err
			}
		}
	}
	return nil
}

// Submit hands in a plan and waits until it is decided. It never changes the plan. If ctx ends
// before the plan's turn has come, nothing is committed; once its turn has come, Submit waits for
// the decision in any case.
func (p *Planner) Submit(ctx context.Context, plan *structs.Plan) (Outcome, error) {
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	decided := make(chan answer, 1)
	select {
	case p.submissions <- submission{plan, decided}:
	case <-ctx.Done():
		return Outcome{}, ctx.Err()
	case <-p.stopped:
		return Outcome{}, ErrStopped
	}
	a := <-decided
	return a.outcome, a.err
}

// Decide checks one plan on the newest state and commits what fits. Run calls it for each plan in
// turn. Without Run (as in a simulation, to which nobody else writes) it must be called for one
// plan at a time.
func (p *Planner) Decide(ctx context.Context, plan *structs.Plan) (Outcome, error) {
	snap := p.config.Snapshot()
	eval := snap.Evaluation(plan.Evaluation)
	if eval == nil || eval.Status == structs.EvaluationDone || eval.ModifyIndex != plan.EvaluationIndex {
		return Outcome{}, ErrStale
	}
	if job := snap.Job(plan.Job); job != nil && job.Version != plan.JobVersion {
		return Outcome{}, ErrStale
	}
	if plan.Seen < max(p.all, p.last[plan.Job]) {
		return Outcome{}, ErrStale
	}
	fitting, refused := check(snap, plan)
	if len(refused) > 0 {
		p.config.Logger.Info("a plan fits only in part", "eval", plan.Evaluation, "job", plan.Job,
			"committed", len(fitting), "refused", len(refused))
		plan = scheduler.Part(plan, fitting)
		if !changes(plan) {
			return Outcome{Refused: refused, Index: snap.Index()}, nil
		}
	}
	applied, err := p.config.Apply(ctx, structs.ApplyPlan{Plan: *plan})
	switch {
	case refusedByLog(err): // something changed between the snapshot and the entry
		return Outcome{}, fmt.Errorf("%w: %w", ErrStale, err)
	case err != nil:
		return Outcome{}, fmt.Errorf("commit a plan: %w", err)
	}
	p.committed(plan.Job, applied.Index)
	return Outcome{Refused: refused, Index: applied.Index}, nil
}

// committed records when the last plan of a job was committed. The broker gives the evaluations of
// a job to one worker at a time. But it gives an evaluation whose worker was too slow to a second
// one, and another evaluation of the job then to a third. A worker that has not seen another's
// tasks would start them again.
func (p *Planner) committed(job string, index uint64) {
	if len(p.last) == maxJobs {
		clear(p.last)
		p.all = index // plans made on older state are made again, needlessly
	}
	p.last[job] = index
}

// changes reports whether a part of a plan changes anything. Changes other than placements come
// with the first part: the plan for the rest is made on state that already holds them.
func changes(part *structs.Plan) bool {
	return len(part.Placements)+len(part.Stops)+len(part.Preempted)+len(part.Deployments)+len(part.Events) > 0 || part.Rollback != nil || part.JobStatus != ""
}

// refusedByLog reports whether fsm refused the entry: the plan is decided, and nothing was
// committed.
func refusedByLog(err error) bool {
	var e *structs.Error
	return errors.As(err, &e) && e.Kind != structs.KindUnavailable
}
