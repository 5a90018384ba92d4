package server

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/hashicorp/raft"
)

// leastFree is how many bytes must be free on the disk of a data directory for a server to start.
const leastFree = 16 << 20

// free is how many bytes are free on the disk of a directory.
func free(dir string) (int64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0, fmt.Errorf("ask how much is free on the disk of %s: %w", dir, err)
	}
	return int64(disk.Bavail) * disk.Bsize, nil
}

// checkFree refuses a disk that is as good as full, where a server would end again at its first writes.
func checkFree(dir string) error {
	free, err := free(dir)
	if err == nil && free < leastFree {
		err = fmt.Errorf("the disk of data directory %s has %d KiB free, and a server needs %d: free some space, then start again",
			dir, free>>10, leastFree>>10)
	}
	return err
}

// removeUnfinished removes what is left of snapshots that were on their way when the server ended: each takes as much room as what there
// was of it, and nobody reads it. Raft leaves them there.
func removeUnfinished(dir string) error {
	for _, pattern := range []string{"snapshots/*.tmp", restoreFile} {
		left, _ := filepath.Glob(filepath.Join(dir, pattern)) // fails for a bad pattern alone
		for _, path := range left {
			if err := os.RemoveAll(path); err != nil {
				return fmt.Errorf("remove what is left of a snapshot: %w", err)
			}
		}
	}
	return nil
}

// diskWrites is raft's log, term and vote on a disk that may refuse a write. From then on the server must not go on: a leader would hand over
// and be elected again, a follower would keep its place and fall behind, and the agents whose streams it holds with it; and raft ends the
// process anyhow, without a word to a person, when it cannot keep a term. So a write that is refused does not return. Nothing that was
// acknowledged is lost by that.
type diskWrites struct {
	*checkedLog
	// covered is the index of the newest snapshot: entries up to it may be missing.
	covered func() uint64
	failed  func(error)
}

func (d *diskWrites) done(err error) error {
	if err != nil {
		d.failed(err)
		select {}
	}
	return nil
}

// StoreLog is a part of raft.LogStore and raft.StableStore, as are those below.
func (d *diskWrites) StoreLog(entry *raft.Log) error { return d.done(d.checkedLog.StoreLog(entry)) }

// StoreLogs adds to the log.
func (d *diskWrites) StoreLogs(entries []*raft.Log) error {
	return d.done(d.checkedLog.StoreLogs(entries))
}

// DeleteRange takes off either end of the log.
func (d *diskWrites) DeleteRange(first, last uint64) error {
	return d.done(d.checkedLog.DeleteRange(first, last))
}

// Set keeps whom the server voted for.
func (d *diskWrites) Set(key, value []byte) error { return d.done(d.checkedLog.Set(key, value)) }

// SetUint64 keeps the term.
func (d *diskWrites) SetUint64(key []byte, value uint64) error {
	return d.done(d.checkedLog.SetUint64(key, value))
}

// diskSnapshots is raft's snapshots on such a disk: those that the server makes of its state, and those that a leader sends it.
type diskSnapshots struct {
	raft.SnapshotStore
	writes *diskWrites
}

// Create begins a snapshot.
func (d *diskSnapshots) Create(version raft.SnapshotVersion, index, term uint64, peers raft.Configuration, peersIndex uint64, transport raft.Transport) (raft.SnapshotSink, error) {
	sink, err := d.SnapshotStore.Create(version, index, term, peers, peersIndex, transport)
	return &diskSink{SnapshotSink: sink, of: d}, d.done(err)
}

func (d *diskSnapshots) done(err error) error {
	if err != nil {
		err = fmt.Errorf("keep a snapshot of the state: %w", err)
	}
	return d.writes.done(err)
}

// diskSink is a snapshot on its way.
type diskSink struct {
	raft.SnapshotSink
	of *diskSnapshots
}

func (s *diskSink) Write(b []byte) (int, error) {
	n, err := s.SnapshotSink.Write(b)
	return n, s.of.done(err)
}

// Close makes the snapshot the newest.
func (s *diskSink) Close() error { return s.of.done(s.SnapshotSink.Close()) }

// Failed tells of what the server cannot live with: its disk refuses a write. It is not to be stopped then, the process is to end.
func (s *Server) Failed() <-chan error { return s.failed }

// diskFailed is told by the first write that is refused, or the first damage that is found, and by others that come at the same time.
func (s *Server) diskFailed(err error) {
	select {
	case s.failed <- s.ending(err):
	default:
	}
}

// ending says why the server ends, and what to do.
func (s *Server) ending(err error) error {
	if found := (*damageError)(nil); errors.As(err, &found) {
		dir := filepath.Join(s.config.DataDir, serverDir)
		return damage("what raft keeps in "+dir, err, dir)
	}
	return fmt.Errorf("the disk of data directory %s refuses a write (%w): free some space, or replace the disk, then start the server again; the other servers have all that was acknowledged",
		s.config.DataDir, err)
}
