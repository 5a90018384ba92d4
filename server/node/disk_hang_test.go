package node

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/testutil/faketime"
)

// easyStore is a store of snapshots that accepts everything.
type easyStore struct {
	raft.SnapshotStore
	raft.SnapshotSink
}

func (easyStore) Create(
	raft.SnapshotVersion, uint64, uint64, raft.Configuration, uint64, raft.Transport,
) (raft.SnapshotSink, error) {
	return easyStore{}, nil
}
func (easyStore) Write(b []byte) (int, error) { return len(b), nil }
func (easyStore) Close() error                { return nil }
func (easyStore) Cancel() error               { return nil }

// hangingWrites are all kinds of writes, and how long each may take.
var hangingWrites = []struct {
	name string
	may  time.Duration
	do   func(*diskWrites, *diskSnapshots, *diskSink) error
}{
	{"an entry", writeWait, func(w *diskWrites, _ *diskSnapshots, _ *diskSink) error {
		return w.StoreLog(entry(1))
	}},
	{"entries", writeWait, func(w *diskWrites, _ *diskSnapshots, _ *diskSink) error {
		return w.StoreLogs([]*raft.Log{entry(1)})
	}},
	{"an end of the log", writeWait, func(w *diskWrites, _ *diskSnapshots, _ *diskSink) error {
		return w.DeleteRange(1, 2)
	}},
	{"a vote", writeWait, func(w *diskWrites, _ *diskSnapshots, _ *diskSink) error {
		return w.Set(votedForKey, []byte("a"))
	}},
	{"a term", writeWait, func(w *diskWrites, _ *diskSnapshots, _ *diskSink) error {
		return w.SetUint64(termKey, 7)
	}},
	{"a new snapshot", writeWait, func(_ *diskWrites, s *diskSnapshots, _ *diskSink) error {
		_, err := s.Create(1, 7, 1, raft.Configuration{}, 1, nil)
		return err
	}},
	{"a part of a snapshot", writeWait, func(_ *diskWrites, _ *diskSnapshots, s *diskSink) error {
		n, err := s.Write([]byte("state"))
		if n != len("state") {
			err = errors.New("not all is written")
		}
		return err
	}},
	{"the end of a snapshot", snapshotWait, func(_ *diskWrites, _ *diskSnapshots, s *diskSink) error {
		return s.Close()
	}},
	{"a snapshot given up", snapshotWait, func(_ *diskWrites, _ *diskSnapshots, s *diskSink) error {
		return s.Cancel()
	}},
}

// A write that does not return in time, whatever it writes, ends the server, and the error names
// the disk. Otherwise heartbeats would go on beside it, and the cluster would stand still for good.
// A write that is slow, or late because the whole process was frozen, does not end the server.
func TestDiskThatHangs(t *testing.T) {
	for _, write := range hangingWrites {
		t.Run(write.name, func(t *testing.T) {
			faketime.Test(t, func(t *testing.T) {
				logs, err := openLog(filepath.Join(t.TempDir(), logFile))
				if err != nil {
					t.Fatal(err)
				}
				defer logs.Close()
				n := &Node{failed: make(chan error, 1), dir: &Dir{dataDir: "/data"}}
				takes := write.may + hangLook/2
				writes := &diskWrites{checkedLog: logs, slow: func() { time.Sleep(takes) }, failed: n.diskFailed}
				snapshots := &diskSnapshots{easyStore{}, writes}
				try := func() error { return write.do(writes, snapshots, &diskSink{easyStore{}, snapshots}) }
				if err := try(); err != nil || len(n.failed) > 0 {
					t.Errorf("a slow disk: %v, %d errors reported", err, len(n.failed))
				}
				takes = time.Hour
				go try()
				began := time.Now()
				err = <-n.Failed()
				if took := time.Since(began); took != write.may+hangLook {
					t.Errorf("it is reported after %v", took)
				}
				for _, word := range []string{"/data hangs", write.may.String(), "replace", "start the server again"} {
					if !strings.Contains(err.Error(), word) {
						t.Errorf("it does not say %q: %v", word, err)
					}
				}
				time.Sleep(2 * time.Hour) // the write returns
			})
		})
	}
}
