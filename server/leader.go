package server

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/gantry-project/gantry/server/blocks"
	"github.com/gantry-project/gantry/server/broker"
	"github.com/gantry-project/gantry/server/collector"
	"github.com/gantry-project/gantry/server/drains"
	"github.com/gantry-project/gantry/server/planner"
	"github.com/gantry-project/gantry/server/verdicts"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// leadRetry is how long a new leader waits when its first writes fail.
const leadRetry = 200 * time.Millisecond

// leadership is what runs while this server leads. It is rebuilt from state at every gain.
type leadership struct {
	term    uint64 // the raft term in which the state was brought up to date
	broker  *broker.Broker
	planner *planner.Planner
	// external and leases take calls from outside while they run.
	external *externalSchedulers
	leases   *agentLeases
	drains   *drains.Drains
}

// part is one of the loops that the leader runs. It is given only what it reads and writes, never
// the server.
type part struct {
	name string
	// run works until ctx ends, and returns nil then. An error means that the part cannot continue:
	// all of the leader's work is then restarted from state.
	run func(ctx context.Context) error
}

// newLeadership creates the parts that the leader runs. A new loop gets its own package and a line
// in the table below.
func (s *Server) newLeadership(term uint64) (*leadership, []part) {
	snapshot, apply := s.store.Snapshot, s.node.Apply
	importance := func(e *structs.Evaluation) int { return snapshot().Importance(e) }
	l := &leadership{
		term:    term,
		broker:  broker.New(broker.Config{Importance: importance, Now: s.clock.Now, Logger: s.log}),
		planner: planner.New(planner.Config{Snapshot: snapshot, Apply: apply, Logger: s.log}),
	}
	l.external = newExternalSchedulers(&externalSchedulers{
		snapshot: snapshot, submit: l.planner.Submit, decide: l.broker.Enqueue, now: s.clock.Time, log: s.log,
	})
	leases := &agentLeases{
		snapshot: snapshot, subscribe: s.store.Subscribe, apply: apply, now: s.clock.Time, log: s.log,
	}
	if s.members != nil {
		leases.ask = s.members.Ask
	}
	l.leases = newAgentLeases(leases)
	l.drains = drains.New(drains.Config{
		Snapshot: snapshot, Subscribe: s.store.Subscribe, Apply: apply, Now: s.clock.Time, Logger: s.log,
	})
	feed := &brokerFeed{snapshot: snapshot, subscribe: s.store.Subscribe, broker: l.broker}
	worker := &worker{
		broker: l.broker, snapshot: snapshot, submit: l.planner.Submit, handOver: l.external.wait, now: s.clock.Time, log: s.log,
	}
	parts := []part{
		{"broker feed", feed.Run},
		{"planner", l.planner.Run},
		{"external schedulers", l.external.Run},
		{"agent leases", l.leases.Run},
		{"collector", collector.New(collector.Config{
			Snapshot: snapshot, Apply: apply, Now: s.clock.Now, Retention: s.config.TaskRetention, Logger: s.log,
		}).Run},
		{"blocks", blocks.New(blocks.Config{
			Snapshot: snapshot, Apply: apply, Now: s.clock.Time, TaskNetwork: s.config.TaskNetwork, Logger: s.log,
		}).Run},
		{"drains", l.drains.Run},
		{"verdicts", verdicts.Config{
			Snapshot: snapshot, Subscribe: s.store.Subscribe, Apply: apply, Now: s.clock.Time, Logger: s.log,
		}.Run},
	}
	for range runtime.GOMAXPROCS(0) {
		parts = append(parts, part{"worker", worker.Run})
	}
	if s.members != nil {
		parts = append(parts, part{"members", s.members.Lead})
	}
	return l, parts
}

// followLeadership starts and stops the leader's work as raft says, until ctx ends.
func (s *Server) followLeadership(ctx context.Context) {
	leads := false
	stop := func() {}
	defer func() { stop() }()
	for {
		select {
		case <-ctx.Done():
			return
		case leads = <-s.node.LeaderChanges():
		case <-s.leadAnew:
		case r := <-s.restores:
			stop() // nothing is decided while the state is replaced
			r.done <- s.node.Restore(r.file)
		}
		stop()
		stop = func() {}
		if leads {
			stop = s.startLeading(ctx)
		}
	}
}

// startLeading starts the leader's work in the background. It returns a function that ends the work
// and waits until it has ended.
func (s *Server) startLeading(parent context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(parent)
	var work sync.WaitGroup
	work.Go(func() {
		for err := s.lead(ctx, &work); err != nil && ctx.Err() == nil; err = s.lead(ctx, &work) {
			s.log.Error("could not start to lead; trying again", "error", err)
			select {
			case <-time.After(leadRetry):
			case <-ctx.Done():
			}
		}
	})
	return func() {
		s.leader.Store(nil)
		cancel()
		work.Wait()
		s.leader.Store(nil) // lead may have finished starting in the meantime
	}
}

// lead brings state up to date, starts the parts, which rebuild their queues from it, and lets
// calls in.
func (s *Server) lead(ctx context.Context, work *sync.WaitGroup) error {
	term := s.node.Term()
	if err := s.node.Barrier(); err != nil {
		return err
	}
	if err := s.passRestore(ctx); err != nil {
		return err
	}
	s.clock.continueFrom(newestOf(s.store.Snapshot()))
	l, parts := s.newLeadership(term)
	for _, p := range parts {
		work.Go(func() { s.runPart(ctx, p) })
	}
	if ctx.Err() == nil {
		s.leader.Store(l)
		s.log.Info("leading", "server", s.dir.ID, "index", s.store.Snapshot().Index())
	}
	return ctx.Err()
}

// runPart runs a part until ctx ends. If it fails, as the planner does when it cannot know whether
// a plan was committed, everything is rebuilt from state.
func (s *Server) runPart(ctx context.Context, p part) {
	if err := p.run(ctx); err != nil && ctx.Err() == nil {
		s.log.Warn("a part of the leader's work failed; starting all of it again", "part", p.name, "error", err)
		select {
		case s.leadAnew <- struct{}{}:
		default: // already requested
		}
	}
}

// newestOf returns the newest time that a leader put into the evaluations in state. No change goes
// without an evaluation for long.
func newestOf(snap *state.Snapshot) time.Time {
	newest := structs.Time(0)
	for e := range snap.Evaluations() {
		newest = max(newest, e.CreatedAt)
	}
	return newest.Std()
}
