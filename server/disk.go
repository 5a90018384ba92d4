package server

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	"go.etcd.io/bbolt"

	"github.com/gantry-project/gantry/fsm"
)

const (
	// openTimeout bounds the wait for bolt's own file lock.
	openTimeout = time.Second
	// snapshotsKept on disk, the newest and one before it.
	snapshotsKept = 2
)

// disk is what raft keeps on disk.
type disk struct {
	logs      *raftboltdb.BoltStore // the log, term and vote
	snapshots *raft.FileSnapshotStore
}

func (d *disk) close() error { return d.logs.Close() }

// damage says what is damaged in a server's folder, and what to do.
func damage(what string, how any, dir string) error {
	return fmt.Errorf("%s is damaged (%v): nothing was changed. Restore the data directory from a copy, or move %s away: one of several servers then gets everything from the others, one that is alone starts empty",
		what, how, dir)
}

// openDisk opens log and snapshots and reads the whole log once: what is damaged is found now, with words that tell a
// person what to do, not later by a crash.
func openDisk(dir string, log *slog.Logger) (d *disk, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	if err := checkFree(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "raft.db")
	damaged := func(what any) error { return damage("the raft log "+path, what, dir) }
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
	snapshots, err := raft.NewFileSnapshotStoreWithLogger(dir, snapshotsKept, raftLogger(log))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the snapshots in %s: %w", dir, err), logs.Close())
	}
	kept, err := snapshots.List()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("list the snapshots in %s: %w", dir, err), logs.Close())
	}
	var covered uint64
	if len(kept) > 0 {
		covered = kept[0].Index
	}
	if err := readAll(logs, covered); err != nil {
		return nil, errors.Join(damaged(err), logs.Close())
	}
	return &disk{logs: logs, snapshots: snapshots}, nil
}

// readAll reads every entry of the log and checks that it can be decoded. Where a saved snapshot was restored the log has a gap, which the
// newest of raft's snapshots covers.
func readAll(logs *raftboltdb.BoltStore, covered uint64) error {
	first, err1 := logs.FirstIndex()
	last, err2 := logs.LastIndex()
	if err := cmp.Or(err1, err2); err != nil || first == 0 {
		return err
	}
	for i := first; i <= last; i++ {
		var entry raft.Log
		err := logs.GetLog(i, &entry)
		if errors.Is(err, raft.ErrLogNotFound) && i <= covered {
			i = covered
			continue
		}
		if err != nil {
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
