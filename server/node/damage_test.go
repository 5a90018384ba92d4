package node

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

// entry is one whose data can be found in a file.
func entry(index uint64) *raft.Log {
	return &raft.Log{Index: index, Term: 3, Type: raft.LogNoop, Data: bytes.Repeat([]byte("entry of the log"), 100), AppendedAt: time.Now()}
}

// TestDamageUnderRunningServer: damage that comes while a server runs ends it, in words, when raft
// meets it; raft gets no answer, so it neither votes on it nor sends it to others.
func TestDamageUnderRunningServer(t *testing.T) {
	damages := map[string]func(t *testing.T, path string){
		"a bit of each entry": func(t *testing.T, path string) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			overwrite(t, path, 0, bytes.ReplaceAll(raw, []byte("entry of the log"), []byte("entry of the lof")))
		},
		"all pages": func(t *testing.T, path string) {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			overwrite(t, path, 8192, bytes.Repeat([]byte{0xa5}, int(info.Size()-8192)))
		},
		"cut off": func(t *testing.T, path string) {
			if err := os.Truncate(path, 4096); err != nil {
				t.Fatal(err)
			}
		},
	}
	uses := map[string]func(d *diskWrites) error{
		"an entry is read": func(d *diskWrites) error { return d.GetLog(7, new(raft.Log)) },
		"an entry is kept": func(d *diskWrites) error { return d.StoreLog(entry(51)) },
		"the log is cut":   func(d *diskWrites) error { return d.DeleteRange(40, 50) },
		"the term is read": func(d *diskWrites) error { _, err := d.GetUint64(termKey); return err },
		"the vote is kept": func(d *diskWrites) error { return d.Set(votedForKey, []byte("b")) },
	}
	for damage, do := range damages {
		for use, call := range uses {
			if damage == "a bit of each entry" && use != "an entry is read" {
				continue // it is not looked at
			}
			t.Run(damage+", "+use, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), logFile)
				logs, err := openLog(path)
				if err != nil {
					t.Fatal(err)
				}
				for i := range uint64(50) {
					if err := logs.StoreLog(entry(i + 1)); err != nil {
						t.Fatal(err)
					}
				}
				if err := logs.SetUint64(termKey, 3); err != nil {
					t.Fatal(err)
				}
				do(t, path)
				n := &Node{failed: make(chan error, 1), dir: &Dir{dataDir: "/data"}}
				answered := make(chan error, 1)
				go func() {
					answered <- call(&diskWrites{logs, func() uint64 { return 0 }, nil, n.diskFailed})
				}()
				select {
				case err := <-n.Failed():
					if !strings.Contains(err.Error(), "/data/server is damaged (") || !strings.Contains(err.Error(), "move /data/server away") {
						t.Error(err)
					}
				case err := <-answered:
					t.Errorf("raft is told %v", err)
				case <-time.After(10 * time.Second):
					t.Error("nobody is told")
				}
			})
		}
	}
}

func overwrite(t *testing.T, path string, at int64, with []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(with, at); err != nil {
		t.Fatal(err)
	}
}

// TestLostEntry: an entry that should be there and is not is damage. Those that a snapshot covers,
// and those off either end, need not be there.
func TestLostEntry(t *testing.T) {
	logs, err := openLog(filepath.Join(t.TempDir(), logFile))
	if err != nil {
		t.Fatal(err)
	}
	defer logs.Close()
	if err := logs.StoreLogs([]*raft.Log{entry(5), entry(9)}); err != nil {
		t.Fatal(err)
	}
	for index, lost := range map[uint64]bool{4: false, 6: false, 7: true, 8: true, 10: false} {
		d := &diskWrites{checkedLog: logs, covered: func() uint64 { return 6 }}
		if d.lost(index) != lost {
			t.Errorf("entry %d is lost: %v", index, !lost)
		}
	}
}
