package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	"go.etcd.io/bbolt"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/structs"
)

// Raft's times on a LAN (design: leader lost → writes again in 0.7 s; the library's defaults need 2.2 s).
const (
	electionTimeout = 300 * time.Millisecond
	leaseTimeout    = 150 * time.Millisecond
)

const (
	// openTimeout bounds the wait for bolt's own file lock.
	openTimeout = time.Second
	// leaderWait is how long a call waits for a leader before it fails.
	leaderWait = 2 * time.Second
	// snapshotsKept on disk, the newest and one before it.
	snapshotsKept = 2
	// logCache is how many of the newest log entries stay in memory.
	logCache = 1024
)

// disk is what raft keeps on disk.
type disk struct {
	logs      *raftboltdb.BoltStore // the log, term and vote
	snapshots *raft.FileSnapshotStore
}

func (d *disk) close() error { return d.logs.Close() }

// openRaft opens what is on disk, bootstraps a new cluster of one, and starts raft. led tells of gained and lost leadership.
func (s *Server) openRaft(machine *fsm.FSM, led chan bool) error {
	logger := raftLogger(s.log)
	dir := filepath.Join(s.config.DataDir, "server")
	d, err := openDisk(dir)
	if err != nil {
		return err
	}
	config := raft.DefaultConfig()
	config.LocalID = raft.ServerID(s.config.ID)
	config.HeartbeatTimeout = electionTimeout
	config.ElectionTimeout = electionTimeout
	config.LeaderLeaseTimeout = leaseTimeout
	config.BatchApplyCh = true
	config.NotifyCh = led
	config.Logger = logger
	address, transport := raft.NewInmemTransport(raft.ServerAddress(s.config.ID))
	cached, err := raft.NewLogCache(logCache, d.logs)
	if err != nil {
		return errors.Join(err, d.close())
	}
	known, err := raft.HasExistingState(cached, d.logs, d.snapshots)
	if err != nil {
		return errors.Join(fmt.Errorf("read data directory %s: %w", dir, err), d.close())
	}
	if !known {
		alone := raft.Configuration{Servers: []raft.Server{{ID: config.LocalID, Address: address}}}
		if err := raft.BootstrapCluster(config, cached, d.logs, d.snapshots, transport, alone); err != nil {
			return errors.Join(fmt.Errorf("bootstrap raft: %w", err), d.close())
		}
	}
	node, err := raft.NewRaft(config, machine, cached, d.logs, d.snapshots, transport)
	if err != nil {
		return errors.Join(fmt.Errorf("start raft on data directory %s: %w", dir, err), d.close())
	}
	s.disk, s.raft = d, node
	return nil
}

// openDisk opens log and snapshots and reads the whole log once: what is damaged is found now, with words that tell a
// person what to do, not later by a crash.
func openDisk(dir string) (d *disk, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	path := filepath.Join(dir, "raft.db")
	damaged := func(what any) error {
		return fmt.Errorf("the raft log %s is damaged (%v): nothing was changed. Restore the data directory from a copy, or move %s away to start empty",
			path, what, dir)
	}
	// bolt maps the file into memory and trusts it: a damaged one may show as a panic or a memory fault.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			d, err = nil, damaged(r)
		}
	}()
	// Bolt's list of free pages stays on disk: without it bolt looks for them in a goroutine of its own, where a damaged
	// file ends the process.
	logs, err := raftboltdb.New(raftboltdb.Options{
		Path: path, BoltOptions: &bbolt.Options{Timeout: openTimeout, FreelistType: bbolt.FreelistMapType},
	})
	switch {
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("open the raft log: %w", err)
	case err != nil:
		return nil, damaged(err)
	}
	if err := readAll(logs); err != nil {
		return nil, errors.Join(damaged(err), logs.Close())
	}
	snapshots, err := raft.NewFileSnapshotStore(dir, snapshotsKept, os.Stderr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the snapshots in %s: %w", dir, err), logs.Close())
	}
	return &disk{logs: logs, snapshots: snapshots}, nil
}

// readAll reads every entry of the log and checks that it can be decoded.
func readAll(logs *raftboltdb.BoltStore) error {
	first, err1 := logs.FirstIndex()
	last, err2 := logs.LastIndex()
	if err := cmp.Or(err1, err2); err != nil || first == 0 {
		return err
	}
	for i := first; i <= last; i++ {
		var entry raft.Log
		if err := logs.GetLog(i, &entry); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		if entry.Index != i {
			return fmt.Errorf("entry %d says it is %d", i, entry.Index)
		}
		if entry.Type != raft.LogCommand {
			continue
		}
		if err := fsm.Readable(entry.Data); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	return nil
}

// Apply is the way of a write (control.Log).
func (s *Server) Apply(ctx context.Context, cmd structs.Command) (structs.Applied, error) {
	if err := s.Current(ctx); err != nil {
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
	future := s.raft.Apply(data, 0)
	finished := make(chan error, 1)
	go func() { finished <- future.Error() }()
	select {
	case err = <-finished:
	case <-ctx.Done():
		return structs.Applied{}, structs.Errorf(structs.KindUnavailable, "the write was not confirmed in time; it may still be applied")
	}
	if err != nil {
		s.log.Warn("the log refused a write", "error", err)
		return structs.Applied{}, structs.ErrNoLeader()
	}
	result := future.Response().(fsm.Result)
	return result.Applied, result.Err
}

// Current returns at once on a leader whose state has caught up: a write is acknowledged only after this server's state
// holds it. Otherwise it waits a little for one (control.Log).
func (s *Server) Current(ctx context.Context) error {
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
		}
	}
	return nil
}
