package node

import (
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"
)

const (
	// writeWait is how long one write may take. snapshotWait is how long the end of a snapshot may
	// take, which flushes all of it to disk. A disk that takes longer counts as hanging.
	writeWait    = 10 * time.Second
	snapshotWait = time.Minute
	// hangLook is how much longer a late write gets before the disk is blamed. If the whole process
	// was frozen, the disk was not slow, and the write returns now.
	hangLook = time.Second
)

// errHangs is the error for a write that did not return in time.
var errHangs = errors.New("a write has not returned")

// diskWrites is raft's log, term and vote on a disk that may refuse a write, or never finish it.
// The server must not go on after that. A leader would hand over and be elected again, or send
// heartbeats while its writes stand still. A follower would keep its place and fall behind, along
// with the agents whose streams it holds. And if raft cannot store a term, it ends the process
// anyway, without an explanation. So a refused write does not return. No acknowledged write is lost
// by that.
type diskWrites struct {
	*checkedLog
	// covered is the index of the newest snapshot: entries up to it may be missing.
	covered func() uint64
	slow    func() // called before each write (Config.SlowDisk), if not nil
	failed  func(error)
}

// do runs a write, and calls failed if it is refused or takes longer than wait.
func (d *diskWrites) do(wait time.Duration, write func() error) error {
	returned := make(chan struct{})
	late := time.AfterFunc(wait, func() {
		select {
		case <-returned:
		case <-time.After(hangLook):
			d.failed(fmt.Errorf("%w for %v", errHangs, wait))
		}
	})
	if d.slow != nil {
		d.slow()
	}
	err := write()
	close(returned)
	late.Stop()
	return d.done(err)
}

// done calls failed with an error, and then does not return.
func (d *diskWrites) done(err error) error {
	if err != nil {
		d.failed(err)
		select {}
	}
	return nil
}

// StoreLog, like the methods below, implements raft.LogStore and raft.StableStore.
func (d *diskWrites) StoreLog(entry *raft.Log) error {
	return d.do(writeWait, func() error { return d.checkedLog.StoreLog(entry) })
}

// StoreLogs adds entries to the log.
func (d *diskWrites) StoreLogs(entries []*raft.Log) error {
	return d.do(writeWait, func() error { return d.checkedLog.StoreLogs(entries) })
}

// DeleteRange removes entries from either end of the log.
func (d *diskWrites) DeleteRange(first, last uint64) error {
	return d.do(writeWait, func() error { return d.checkedLog.DeleteRange(first, last) })
}

// Set stores the server for which this one voted.
func (d *diskWrites) Set(key, value []byte) error {
	return d.do(writeWait, func() error { return d.checkedLog.Set(key, value) })
}

// SetUint64 stores the current term, or the term of the last vote.
func (d *diskWrites) SetUint64(key []byte, value uint64) error {
	return d.do(writeWait, func() error { return d.checkedLog.SetUint64(key, value) })
}

// diskSnapshots is raft's snapshots on such a disk: those that the server takes of its state, and
// those that a leader sends.
type diskSnapshots struct {
	raft.SnapshotStore
	writes *diskWrites
}

// do is like diskWrites.do, for a part of a snapshot.
func (d *diskSnapshots) do(wait time.Duration, write func() error) error {
	return d.writes.do(wait, func() error {
		if err := write(); err != nil {
			return fmt.Errorf("keep a snapshot of the state: %w", err)
		}
		return nil
	})
}

// Create begins a snapshot.
func (d *diskSnapshots) Create(
	version raft.SnapshotVersion, index, term uint64, peers raft.Configuration, peersIndex uint64,
	transport raft.Transport,
) (raft.SnapshotSink, error) {
	s := &diskSink{of: d}
	return s, d.do(writeWait, func() (err error) {
		s.SnapshotSink, err = d.SnapshotStore.Create(version, index, term, peers, peersIndex, transport)
		return err
	})
}

// diskSink is a snapshot that is being written.
type diskSink struct {
	raft.SnapshotSink
	of *diskSnapshots
}

func (s *diskSink) Write(b []byte) (n int, err error) {
	err = s.of.do(writeWait, func() (err error) {
		n, err = s.SnapshotSink.Write(b)
		return err
	})
	return n, err
}

// Close makes the snapshot the newest.
func (s *diskSink) Close() error { return s.of.do(snapshotWait, s.SnapshotSink.Close) }

// Cancel removes the unfinished snapshot.
func (s *diskSink) Cancel() error { return s.of.do(snapshotWait, s.SnapshotSink.Cancel) }
