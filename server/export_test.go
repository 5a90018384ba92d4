package server

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"
	"unsafe"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/gossip"
	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/server/planner"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// RaftLogger is the logger that raft writes to.
var RaftLogger = raftLogger

// Raft is the server's node.
func (s *Server) Raft() *raft.Raft { return s.raft }

// Transfer tries once to make another server the leader, whether it has the whole log or not.
func (s *Server) Transfer(to string) error {
	for _, p := range s.membership.configuration().Servers {
		if string(p.ID) == to {
			return s.transfer(p)
		}
	}
	return raft.ErrNotVoter
}

// FreeTransfers ends, when it is called, what transfers of leadership of the present term wait for
// and nobody else ends.
func (s *Server) FreeTransfers() (free func()) {
	followers := reflect.ValueOf(s.raft).Elem().FieldByName("leaderState").FieldByName("replState")
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

// Gossip is the server's member.
func (s *Server) Gossip() *gossip.Member { return s.membership.gossip }

// State is what the server knows, whether it leads or not.
func (s *Server) State() *state.Snapshot { return s.store.Snapshot() }

// FirstIndex is that of the first entry that the log still has.
func (s *Server) FirstIndex() uint64 {
	first, err := s.disk.logs.FirstIndex()
	if err != nil {
		panic(err)
	}
	return first
}

// EndLeaderWork stops what runs on top of the log, as a crash would that comes right after an entry
// is committed.
func (s *Server) EndLeaderWork() {
	s.stop()
	s.done.Wait()
}

// Write commits a command without asking whether the server is ready.
func (s *Server) Write(ctx context.Context, cmd structs.Command) (structs.Applied, error) {
	return s.apply(ctx, cmd)
}

// Leadership is what runs on top of the log: another value after each start of it, nil when there
// is none.
func (s *Server) Leadership() any {
	if l := s.leader.Load(); l != nil {
		return l
	}
	return nil
}

// LoseTrackOfLog runs a planner that learns nothing of the fate of a plan that it commits.
func (s *Server) LoseTrackOfLog(ctx context.Context, eval *structs.Evaluation) {
	l := &leadership{planner: planner.New(planner.Config{
		Snapshot: s.store.Snapshot,
		Apply: func(context.Context, structs.Command) (structs.Applied, error) {
			return structs.Applied{}, structs.ErrNoLeader()
		},
	})}
	s.done.Go(func() { s.runPlanner(ctx, l) })
	_, _ = l.planner.Submit(ctx, &structs.Plan{
		Evaluation: eval.ID, Job: eval.Job, Status: structs.EvaluationDone, EvaluationIndex: eval.ModifyIndex,
	})
}

// StrayWorker takes some evaluations beside the server's own workers, and ends each in a way that a
// worker should not.
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
		plan := scheduler.Schedule(scheduler.Input{View: snap, Evaluation: current, Now: structs.TimeOf(time.Now()), Seed: newSeed()})
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

// Kept returns all that raft finds in a server's folder, as text, or why the server would not
// start.
func Kept(dir string) (string, error) {
	d, err := openDisk(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		return "", err
	}
	defer d.close()
	text := &strings.Builder{}
	for _, key := range [][]byte{termKey, votedInKey, votedForKey} {
		value, err := d.logs.Get(key)
		fmt.Fprintf(text, "%s %x %v\n", key, value, err)
	}
	snapshots, err := d.snapshots.List()
	for _, s := range snapshots {
		meta, content, err := d.snapshots.Open(s.ID)
		if err != nil {
			return "", err
		}
		state, err := io.ReadAll(content)
		s.Peers = nil // of an older format, which nobody reads
		fmt.Fprintf(text, "%+v %+v %x %v\n", s, meta, sha256.Sum256(state), errors.Join(err, content.Close()))
	}
	err = errors.Join(err, d.logs.each(d.snapshots.covered(), func(entry *raft.Log) error {
		_, err := fmt.Fprintln(text, entry.Index, entry.Term, entry.Type, crc32.ChecksumIEEE(entry.Data), entry.Extensions, entry.AppendedAt)
		return err
	}))
	return text.String(), err
}
