package server

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/structs"
)

// Raft's times on a LAN (design: leader lost → writes again in 0.7 s; the library's defaults need
// 2.2 s).
const (
	electionTimeout = 300 * time.Millisecond
	// leaseTimeout is how long a leader goes on that hears no majority. It is as long as the others
	// wait: reads ask them anyway (reads), and a leader that gives up because its machine is busy
	// leaves an even busier one to the next.
	leaseTimeout = electionTimeout
)

const (
	// leaderWait is how long a call waits for a leader before it fails.
	leaderWait = 2 * time.Second
	// raftTimeout bounds one exchange of raft with a peer, raftPool the connections to one that are
	// kept.
	raftTimeout = 2 * time.Second
	raftPool    = 3
	// logCache is how many of the newest log entries stay in memory.
	logCache = 1024
	// snapshotLook is how often, or up to twice as seldom, raft looks whether 8,192 entries have
	// come since the last snapshot. A server that has just started applies those that came since
	// again, some 50,000 in a second, and cannot lead, nor vote when there are many, before.
	snapshotLook = 10 * time.Second
)

// openRaft opens what is on disk and starts raft. Without Peers a new server bootstraps a cluster
// of its own; with them, membership does when the time has come.
func (s *Server) openRaft(machine *fsm.FSM) error {
	logger := raftLogger(s.log)
	dir := filepath.Join(s.config.DataDir, serverDir)
	if err := removeUnfinished(dir); err != nil {
		return err
	}
	d, err := openDisk(dir, s.log)
	if err != nil {
		return err
	}
	config := raft.DefaultConfig()
	config.LocalID = raft.ServerID(s.config.ID)
	config.HeartbeatTimeout = electionTimeout
	config.ElectionTimeout = electionTimeout
	config.LeaderLeaseTimeout = leaseTimeout
	config.BatchApplyCh = true
	config.SnapshotInterval = snapshotLook
	config.ShutdownOnRemove = false // raft would leave open what Stop closes
	config.Logger = logger
	transport, err := s.transport(dir)
	if err != nil {
		return errors.Join(err, d.close())
	}
	kept := &diskWrites{d.logs, d.snapshots.covered, s.config.SlowDisk, s.diskFailed}
	node, err := startRaft(config, machine, kept, &diskSnapshots{d.snapshots, kept}, transport, s.config.Peers == nil)
	if err != nil {
		return errors.Join(damage("the newest snapshot, or the raft log, in "+dir, err, dir), d.close())
	}
	if err := checkMember(node, config.LocalID); err != nil && s.config.Peers == nil {
		return errors.Join(fmt.Errorf("start raft on data directory %s: %w", dir, err), node.Shutdown().Error(), d.close())
	}
	s.disk, s.raft = d, node
	if v, is := transport.(*voters); is {
		v.node.Store(node)
	}
	return nil
}

// transport is the way to the other servers; without Peers there are none.
func (s *Server) transport(dir string) (raft.Transport, error) {
	p := s.config.Peers
	if p == nil {
		_, transport := raft.NewInmemTransport(raft.ServerAddress(s.config.ID))
		return transport, nil
	}
	var err error
	if s.promise, err = openPromise(dir); err != nil {
		return nil, err
	}
	return newVoters(s.config.ID, s.promise, raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream: &raftStream{Listener: p.RaftListener, advertise: p.Raft, dial: p.dialer(), tls: p.TLS},
		// A heartbeat that hangs must not hold up the next for long; snapshots get more by their
		// size.
		Timeout: raftTimeout, MaxPool: raftPool, Logger: raftLogger(s.log),
		// One at a time: with more, raft (1.7.3) may wait for ever for a place in a pipeline of
		// which nobody takes answers any more, since the follower refused one. That follower then
		// gets no entries from this leader, and the leader does not stop.
		MaxRPCsInFlight: 1,
	})), nil
}

// startRaft makes the node, and where asked for a cluster of it alone if there is none yet.
func startRaft(config *raft.Config, machine *fsm.FSM, kept *diskWrites, snapshots raft.SnapshotStore, transport raft.Transport, alone bool) (node *raft.Raft, err error) {
	defer func() {
		// raft misses an entry that the snapshot which it fell back to would need
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	cached, err := raft.NewLogCache(logCache, kept)
	if err != nil {
		return nil, err
	}
	known, err := raft.HasExistingState(cached, kept, snapshots)
	if err != nil {
		return nil, err
	}
	if !known && alone {
		itself := raft.Configuration{Servers: []raft.Server{{ID: config.LocalID, Address: transport.LocalAddr()}}}
		if err := raft.BootstrapCluster(config, cached, kept, snapshots, transport, itself); err != nil {
			return nil, err
		}
	}
	return raft.NewRaft(config, machine, cached, kept, snapshots, transport)
}

// checkMember says why a server of this id can never lead what is on its disk.
func checkMember(node *raft.Raft, id raft.ServerID) error {
	future := node.GetConfiguration()
	if err := future.Error(); err != nil {
		return err
	}
	var names []string
	for _, member := range future.Configuration().Servers {
		if member.ID == id && member.Suffrage == raft.Voter {
			return nil
		}
		names = append(names, fmt.Sprintf("%q (%s)", member.ID, member.Suffrage))
	}
	return fmt.Errorf("it was made by the servers %s, of which %q is none: start it with the id that it was made with; if that is what you did, it is damaged",
		strings.Join(names, ", "), id)
}

// Apply is the way of a write (control.Log).
func (s *Server) Apply(ctx context.Context, cmd structs.Command) (structs.Applied, error) {
	if err := s.awaitLeading(ctx); err != nil {
		return structs.Applied{}, err
	}
	return s.apply(ctx, cmd)
}

// apply is Apply for the leader's own work, which runs before the server is ready for others.
func (s *Server) apply(ctx context.Context, cmd structs.Command) (structs.Applied, error) {
	data, err := fsm.Encode(cmd)
	if err != nil {
		return structs.Applied{}, err
	}
	if !s.beginWrite() {
		return structs.Applied{}, structs.ErrNoLeader()
	}
	var future raft.ApplyFuture
	finished := make(chan error, 1)
	go func() {
		defer s.writes.Done()
		future = s.raft.Apply(data, 0)
		finished <- future.Error()
	}()
	select {
	case err = <-finished:
	case <-ctx.Done():
		return structs.Applied{}, structs.Errorf(structs.KindUnavailable, "the write was not confirmed in time; it may still be applied")
	}
	if err != nil {
		s.checkTransfer(err)
		s.log.Warn("the log refused a write", "error", err)
		return structs.Applied{}, structs.ErrNoLeader()
	}
	result := future.Response().(fsm.Result)
	return result.Applied, result.Err
}

// beginWrite counts a write; false when the server is stopping. Raft does not answer the writes
// that its shutdown meets half way, so Stop lets them end first.
func (s *Server) beginWrite() bool {
	s.stopMu.Lock()
	defer s.stopMu.Unlock()
	if s.isStopping() {
		return false
	}
	s.writes.Add(1)
	return true
}

// Current returns once this server is known to lead with its state caught up: a write is
// acknowledged only after the leader's state holds it. It waits a little for that (control.Log).
func (s *Server) Current(ctx context.Context) error {
	if err := s.awaitLeading(ctx); err != nil || s.membership == nil {
		return err
	}
	l := s.leader.Load()
	// Of another term than that in which the state was brought up to date, a confirmation says
	// nothing about it.
	if err := s.reads.confirm(ctx); err != nil || l == nil || s.raft.CurrentTerm() != l.term {
		return structs.ErrNoLeader()
	}
	return nil
}

// awaitLeading waits a little until this server leads and takes calls.
func (s *Server) awaitLeading(ctx context.Context) error {
	if s.leader.Load() != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, leaderWait)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for s.leader.Load() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return structs.ErrNoLeader()
		case <-s.stopping:
			return structs.ErrNoLeader()
		}
	}
	return nil
}
