package node

import (
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"
)

const (
	// writeWait is how long one write may take, and snapshotWait the end of a snapshot, which
	// brings all of it to the disk. A disk that takes longer is taken for one that hangs.
	writeWait    = 10 * time.Second
	snapshotWait = time.Minute
	// hangLook is how much longer a late write is given before the disk is blamed: when the whole
	// process was frozen, the disk was not slow, and the write returns now.
	hangLook = time.Second
)

// errHangs is the error of a write that did not return in time.
var errHangs = errors.New("a write has not returned")

// diskWrites is raft's log, term and vote on a disk that may refuse a write, or never finish it.
// From then on the server must not go on: a leader would hand over and be elected again, or send
// heartbeats while its writes stand still; a follower would keep its place and fall behind, and the
// agents whose streams it holds with it; and raft ends the process anyhow, without a word to a
// person, when it cannot keep a term. So a write that is refused does not return. Nothing that was
// acknowledged is lost by that.
type diskWrites struct {
	*checkedLog
	// covered is the index of the newest snapshot: entries up to it may be missing.
	covered func() uint64
	slow    func() // nil: the disk is as slow as it is (Config.SlowDisk)
	failed  func(error)
}

// do writes, and tells failed of a write that is refused or takes longer than wait.
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

// done does not return an error: it tells failed of it.
func (d *diskWrites) done(err error) error {
	if err != nil {
		d.failed(err)
		select {}
	}
	return nil
}

// StoreLog is a part of raft.LogStore and raft.StableStore, as are those below.
func (d *diskWrites) StoreLog(entry *raft.Log) error {
	return d.do(writeWait, func() error { return d.checkedLog.StoreLog(entry) })
}

// StoreLogs adds to the log.
func (d *diskWrites) StoreLogs(entries []*raft.Log) error {
	return d.do(writeWait, func() error { return d.checkedLog.StoreLogs(entries) })
}

// DeleteRange takes off either end of the log.
func (d *diskWrites) DeleteRange(first, last uint64) error {
	return d.do(writeWait, func() error { return d.checkedLog.DeleteRange(first, last) })
}

// Set keeps whom the server voted for.
func (d *diskWrites) Set(key, value []byte) error {
	return d.do(writeWait, func() error { return d.checkedLog.Set(key, value) })
}

// SetUint64 keeps the term.
func (d *diskWrites) SetUint64(key []byte, value uint64) error {
	return d.do(writeWait, func() error { return d.checkedLog.SetUint64(key, value) })
}

// diskSnapshots is raft's snapshots on such a disk: those that the server makes of its state, and
// those that a leader sends it.
type diskSnapshots struct {
	raft.SnapshotStore
	writes *diskWrites
}

// do is that of diskWrites for a part of a snapshot.
func (d *diskSnapshots) do(wait time.Duration, write func() error) error {
	return d.writes.do(wait, func() error {
		if err := write(); err != nil {
			return fmt.Errorf("keep a snapshot of the state: %w", err)
		}
		return nil
	})
}

// Create begins a snapshot.
func (d *diskSnapshots) Create(version raft.SnapshotVersion, index, term uint64, peers raft.Configuration, peersIndex uint64, transport raft.Transport) (raft.SnapshotSink, error) {
	s := &diskSink{of: d}
	return s, d.do(writeWait, func() (err error) {
		s.SnapshotSink, err = d.SnapshotStore.Create(version, index, term, peers, peersIndex, transport)
		return err
	})
}

// diskSink is a snapshot on its way.
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

// Cancel removes what there is of it.
func (s *diskSink) Cancel() error { return s.of.do(snapshotWait, s.SnapshotSink.Cancel) }
