package node

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

// After anything that raft does, bolt may open the file: entries of all sizes, either end of the
// log cut off, no entry left.
func TestBoltFilesAreTaken(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 3 {
		path := filepath.Join(t.TempDir(), logFile)
		first, last := uint64(1), uint64(0)
		for range 15 {
			logs, err := openLog(path)
			if err != nil {
				t.Fatal(err)
			}
			for range random.IntN(20) {
				switch n := random.IntN(10); {
				case n < 6:
					var batch []*raft.Log
					for range 1 + random.IntN(60) {
						last++
						data := make([]byte, random.IntN(1<<random.IntN(16)))
						batch = append(batch, &raft.Log{Index: last, Term: 7, Data: data, AppendedAt: time.Now()})
					}
					err = logs.StoreLogs(batch)
				case n == 6 && first < last:
					until := first + random.Uint64N(last-first)
					err = logs.DeleteRange(first, until)
					first = until + 1
				case n == 7 && first < last:
					from := first + 1 + random.Uint64N(last-first)
					err = logs.DeleteRange(from, last)
					last = from - 1
				case n == 8 && first <= last && random.IntN(10) == 0:
					err = logs.DeleteRange(first, last)
					first = last + 1
				default:
					err = logs.SetUint64(termKey, 7)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			entries := uint64(0)
			err = logs.each(first-1, func(*raft.Log) error { entries++; return nil })
			if err != nil || entries != last+1-first {
				t.Fatalf("%d entries of %d to %d: %v", entries, first, last, err)
			}
			if err := logs.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
