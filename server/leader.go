package server

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/gantry-project/gantry/server/broker"
	"github.com/gantry-project/gantry/server/liveness"
	"github.com/gantry-project/gantry/server/planner"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// leadRetry is how long a new leader waits when its first writes fail.
const leadRetry = 200 * time.Millisecond

// leadership is what runs while this server leads. It is made anew from state at every gain.
type leadership struct {
	term    uint64 // of raft, in which the state was brought up to date
	broker  *broker.Broker
	outside *outside
	planner *planner.Planner
	leases  *liveness.Tracker
	judge   chan struct{} // judge the leases now. Capacity 1
}

// hear takes in beats.
func (l *leadership) hear(beats map[string]time.Time) {
	for instance, at := range beats {
		if l.leases.Seen(instance, at) {
			l.judgeSoon()
		}
	}
}

func (l *leadership) judgeSoon() {
	select {
	case l.judge <- struct{}{}:
	default: // asked for already
	}
}

// followLeadership starts and stops the leader's work as raft says, until ctx ends. Raft tells the
// newest only: two gains in a row had a loss between them.
func (s *Server) followLeadership(ctx context.Context) {
	leads := false
	stop := func() {}
	defer func() { stop() }()
	for {
		select {
		case <-ctx.Done():
			return
		case leads = <-s.raft.LeaderCh():
		case <-s.leadAnew:
		case r := <-s.restores:
			stop() // nothing is decided while the state is exchanged
			r.done <- s.restoreState(r.file)
		}
		stop()
		stop = func() {}
		if leads {
			stop = s.startLeading(ctx)
		}
	}
}

// startLeading starts the leader's work in the background and gives the function that ends it and
// waits for its end.
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
		s.leader.Store(nil) // lead may have finished its start meanwhile
	}
}

// lead brings state up to date, rebuilds the queues from it, and lets calls in.
func (s *Server) lead(ctx context.Context, work *sync.WaitGroup) error {
	term := s.raft.CurrentTerm()
	if err := s.raft.Barrier(0).Error(); err != nil {
		s.checkTransfer(err)
		return err
	}
	if err := s.passRestore(ctx); err != nil {
		return err
	}
	s.clock.goOn(newestOf(s.store.Snapshot()))
	l := &leadership{
		term: term, broker: broker.New(broker.Config{Importance: s.importance, Now: s.clock.Now, Logger: s.log}), outside: newOutside(s.log),
		leases: liveness.New(time.Now()), judge: make(chan struct{}, 1),
	}
	l.planner = planner.New(planner.Config{Snapshot: s.store.Snapshot, Apply: s.apply, Logger: s.log})
	sub := s.store.Subscribe(state.Topic{Kind: state.TopicEvaluations})
	work.Go(func() {
		defer sub.Close()
		defer l.outside.close()
		s.feedBroker(ctx, l.broker, sub)
	})
	work.Go(func() { s.runPlanner(ctx, l) })
	for range runtime.GOMAXPROCS(0) {
		work.Go(func() { s.runWorker(ctx, l) })
	}
	work.Go(func() { s.runCollector(ctx) })
	work.Go(func() { s.judgeLeases(ctx, l) })
	if s.membership != nil {
		work.Go(func() { s.membership.lead(ctx) })
	}
	if ctx.Err() == nil {
		s.leader.Store(l)
		s.log.Info("leading", "server", s.config.ID, "index", s.store.Snapshot().Index())
	}
	return ctx.Err()
}

// newestOf is the newest time that a leader gave, as far as the state has it: nothing changes for
// long without an evaluation.
func newestOf(snap *state.Snapshot) time.Time {
	newest := structs.Time(0)
	for e := range snap.Evaluations() {
		newest = max(newest, e.CreatedAt)
	}
	return newest.Std()
}

// runPlanner runs the planner until ctx ends. When it cannot know whether a plan of its was
// committed, all that was built on that is made anew from state.
func (s *Server) runPlanner(ctx context.Context, l *leadership) {
	if err := l.planner.Run(ctx); err != nil && ctx.Err() == nil {
		s.log.Warn("the planner lost track of the log; leading anew", "error", err)
		select {
		case s.leadAnew <- struct{}{}:
		default: // asked for already
		}
	}
}

// importance is the priority of an evaluation's job.
func (s *Server) importance(e *structs.Evaluation) int { return s.store.Snapshot().Importance(e) }

// feedBroker hands the broker every evaluation that is ready, or will be at its time: first those
// in state, then each as it comes.
func (s *Server) feedBroker(ctx context.Context, b *broker.Broker, sub *state.Subscription) {
	enqueueAll := func() {
		for e := range s.store.Snapshot().Evaluations() {
			if e.Status == structs.EvaluationReady {
				b.Enqueue(e)
			}
		}
	}
	enqueueAll()
	for {
		select {
		case <-ctx.Done():
			b.Close()
			return
		case <-sub.C:
		}
		rows, resync := sub.Take()
		if resync {
			enqueueAll()
		}
		for _, row := range rows {
			if e := row.(*structs.Evaluation); e.Status == structs.EvaluationReady {
				b.Enqueue(e)
			} else {
				b.Forget(e.ID)
			}
		}
	}
}
