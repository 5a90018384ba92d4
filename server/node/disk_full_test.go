package node

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

// fullStore is a store of snapshots on a disk that takes a number of writes.
type fullStore struct {
	raft.SnapshotStore
	takes int
}

func (f *fullStore) write() error {
	if f.takes--; f.takes < 0 {
		return syscall.ENOSPC
	}
	return nil
}

func (f *fullStore) Create(
	raft.SnapshotVersion, uint64, uint64, raft.Configuration, uint64, raft.Transport,
) (raft.SnapshotSink, error) {
	return &fullSink{of: f}, f.write()
}

type fullSink struct {
	raft.SnapshotSink
	of *fullStore
}

func (f *fullSink) Write(b []byte) (int, error) { return len(b), f.of.write() }
func (f *fullSink) Close() error                { return f.of.write() }

// A snapshot that the disk refuses, at whatever write, is reported like a refused entry of the log,
// and raft gets no answer: a follower would otherwise ask for the snapshot again forever.
func TestSnapshotOnAFullDisk(t *testing.T) {
	for takes := range 4 {
		t.Run("", func(t *testing.T) {
			n := &Node{failed: make(chan error, 1), dir: &Dir{dataDir: "/data"}}
			store := &diskSnapshots{&fullStore{takes: takes}, &diskWrites{failed: n.diskFailed}}
			answered := make(chan error, 1)
			go func() {
				sink, err := store.Create(1, 7, 1, raft.Configuration{}, 1, nil)
				if err == nil {
					_, err = sink.Write([]byte("state"))
				}
				if err == nil {
					err = sink.Close()
				}
				answered <- err
			}()
			select {
			case err := <-n.Failed():
				if takes == 3 || !errors.Is(err, syscall.ENOSPC) ||
					!strings.Contains(err.Error(), "/data refuses a write (keep a snapshot") {
					t.Errorf("after %d writes: %v", takes, err)
				}
				if len(answered) > 0 {
					t.Errorf("after %d writes raft is told %v and goes on", takes, <-answered)
				}
			case err := <-answered:
				if takes < 3 || err != nil {
					t.Errorf("after %d writes raft is told %v", takes, err)
				}
			case <-time.After(10 * time.Second):
				t.Errorf("after %d writes nobody is told", takes)
			}
		})
	}
}
