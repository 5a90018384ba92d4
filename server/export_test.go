package server

import (
	"context"
	"math/rand/v2"
	"reflect"
	"time"
	"unsafe"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/gossip"
	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/server/planner"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// inside returns an unexported field of a struct in another package.
func inside[T any](of any, field string) T {
	f := reflect.ValueOf(of).Elem().FieldByName(field)
	return *(*T)(unsafe.Pointer(f.UnsafeAddr()))
}

// Raft is the raft of the server's node.
func (s *Server) Raft() *raft.Raft { return inside[*raft.Raft](s.node, "raft") }

// FirstIndex is the index of the first entry that the log still has.
func (s *Server) FirstIndex() uint64 {
	first, err := inside[raft.LogStore](s.Raft(), "logs").FirstIndex()
	if err != nil {
		panic(err)
	}
	return first
}

// Transfer tries once to make another server the leader, whether it has the whole log or not.
func (s *Server) Transfer(to string) error {
	for _, p := range s.node.Peers() {
		if p.ID == to {
			return s.node.Transfer(p)
		}
	}
	return raft.ErrNotVoter
}

// FreeTransfers ends what transfers of leadership in the present term wait for, which nothing else
// ends.
func (s *Server) FreeTransfers() (free func()) {
	followers := reflect.ValueOf(s.Raft()).Elem().FieldByName("leaderState").FieldByName("replState")
	var waits []reflect.Value
	for _, key := range followers.MapKeys() {
		c := followers.MapIndex(key).Elem().FieldByName("triggerDeferErrorCh")
		waits = append(waits, reflect.NewAt(c.Type(), unsafe.Pointer(c.UnsafeAddr())).Elem())
	}
	return func() {
		for _, c := range waits {
			for ok := true; ok; _, ok = c.TryRecv() {
			}
		}
	}
}

// Gossip is the server's gossip member.
func (s *Server) Gossip() *gossip.Member { return inside[*gossip.Member](s.members, "gossip") }

// State returns the server's state, whether it leads or not.
func (s *Server) State() *state.Snapshot { return s.store.Snapshot() }

// EndLeaderWork stops what runs on top of the log, as a crash right after the commit of an entry
// would.
func (s *Server) EndLeaderWork() {
	s.stop()
	s.done.Wait()
}

// Write commits a command without asking whether the server is ready.
func (s *Server) Write(ctx context.Context, cmd structs.Command) (structs.Applied, error) {
	return s.node.Apply(ctx, cmd)
}

// Leadership returns what runs on top of the log: a different value after each start, nil if there
// is none.
func (s *Server) Leadership() any {
	if l := s.leader.Load(); l != nil {
		return l
	}
	return nil
}

// LoseTrackOfLog runs a planner that does not learn the fate of a plan that it commits.
func (s *Server) LoseTrackOfLog(ctx context.Context, eval *structs.Evaluation) {
	p := planner.New(planner.Config{
		Snapshot: s.store.Snapshot,
		Apply: func(context.Context, structs.Command) (structs.Applied, error) {
			return structs.Applied{}, structs.ErrNoLeader()
		},
	})
	s.done.Go(func() { s.runPart(ctx, part{"planner", p.Run}) })
	_, _ = p.Submit(ctx, &structs.Plan{
		Evaluation: eval.ID, Job: eval.Job, Status: structs.EvaluationDone, EvaluationIndex: eval.ModifyIndex,
	})
}

// StrayWorker takes some evaluations beside the server's own workers, and ends each in a way in
// which a worker should not end it.
func (s *Server) StrayWorker(ctx context.Context, random *rand.Rand, evaluations int) {
	for range evaluations {
		l := s.leader.Load()
		waiting, giveUp := context.WithTimeout(ctx, time.Minute)
		eval, token, err := l.broker.Dequeue(waiting)
		giveUp()
		if err != nil {
			return
		}
		snap := s.store.Snapshot()
		current := snap.Evaluation(eval.ID)
		if current == nil || current.Status != structs.EvaluationReady || random.IntN(4) == 0 {
			continue // it dies before it plans
		}
		plan := scheduler.Schedule(scheduler.Input{
			View: snap, Evaluation: current, Now: structs.TimeOf(time.Now()), Seed: newSeed(),
		})
		plan.Seen = snap.Index()
		switch random.IntN(3) {
		case 0: // it dies between plan and commit
		case 1: // it dies before it acknowledges
			_, _ = l.planner.Submit(ctx, &plan)
		case 2: // it comes late
			time.Sleep(time.Duration(60+random.IntN(100)) * time.Second)
			_, _ = l.planner.Submit(ctx, &plan)
			_ = l.broker.Ack(eval.ID, token)
		}
	}
}
