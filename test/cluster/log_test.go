package cluster

import (
	"bytes"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	"go.etcd.io/bbolt"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// checkLog applies the log in the data directory of a stopped server to an empty state and checks
// that this gives the state that the server had: once from the first entry to the last, and once
// with a snapshot at some entry in between. The limits must hold after each entry.
func checkLog(t *testing.T, dir string, live *state.Store, random *rand.Rand) {
	t.Helper()
	entries := entriesOf(t, dir, live.Snapshot().Index())
	whole, shortened := newReplica(), newReplica()
	cut := random.IntN(len(entries))
	limits := limits{alive: map[string]int{}, lost: map[string]bool{}}
	for n, entry := range entries {
		if n == cut {
			raw := testutil.WriteSnapshot(t, shortened.store)
			shortened = newReplica()
			noError(t, shortened.Restore(io.NopCloser(bytes.NewReader(raw))))
		}
		whole.Apply(entry)
		shortened.Apply(entry)
		limits.check(t, whole.store.Snapshot())
	}
	want := testutil.Dump(t, live)
	if diff := cmp.Diff(want, testutil.Dump(t, whole.store)); diff != "" {
		t.Errorf("the log gives another state (-live +log):\n%s", diff)
	}
	if diff := cmp.Diff(want, testutil.Dump(t, shortened.store)); diff != "" {
		t.Errorf("with a snapshot at entry %d, the log gives another state (-live +log):\n%s", cut, diff)
	}
}

// entriesOf reads the commands of the log on disk up to an index. Entries behind the last applied
// one may not have reached a majority.
func entriesOf(t *testing.T, dir string, last uint64) (entries []*raft.Log) {
	t.Helper()
	logs, err := raftboltdb.New(raftboltdb.Options{
		Path: filepath.Join(dir, "server", "raft.db"), BoltOptions: &bbolt.Options{ReadOnly: true},
	})
	noError(t, err)
	defer logs.Close()
	for n := uint64(1); n <= last; n++ {
		entry := new(raft.Log)
		noError(t, logs.GetLog(n, entry))
		if entry.Type == raft.LogCommand {
			entries = append(entries, entry)
		}
	}
	return entries
}

// replica is a state machine and its state.
type replica struct {
	*fsm.FSM
	store *state.Store
}

func newReplica() replica {
	store := state.New()
	return replica{fsm.New(fsm.Config{Store: store, Logger: slog.New(slog.DiscardHandler)}), store}
}

// limits are checked after each entry.
type limits struct {
	// how many tasks services had before the entry: a lower count is for the scheduler to act on
	alive map[string]int
	// tasks whose instance was lost at some time: they are kept beside those that replace them
	lost map[string]bool
}

// check checks that no instance holds more than it has, no job has more tasks than it was asked
// for, and no service was given more than its deployments allow.
func (l *limits) check(t *testing.T, s *state.Snapshot) {
	t.Helper()
	for i := range s.AllInstances() {
		if held := s.Usage(i.ID); held.CPU > i.Registered.CPU || held.Memory > i.Registered.Memory {
			t.Errorf("at index %d, instance %s holds %+v and has %+v", s.Index(), i.ID, held, i.Registered)
		}
	}
	for job := range s.AllJobs() {
		all, now := 0, 0
		for task := range s.JobTasks(job.ID) {
			all++
			i := s.Instance(task.Instance)
			l.lost[task.ID] = l.lost[task.ID] || job.Type == structs.JobService && i != nil && !i.AgentConnected
			if task.DesiredStatus == structs.TaskRunning && !l.lost[task.ID] {
				now++
			}
		}
		switch {
		case job.Batch != nil && (all > job.Count*job.Batch.Attempts || now > job.Batch.Parallelism):
			t.Errorf("at index %d, %s has had %d attempts, %d of which are to run; of %d tasks, with %+v",
				s.Index(), job.ClientToken, all, now, job.Count, *job.Batch)
		case job.Type == structs.JobBatch && job.Batch == nil && all > job.Count:
			t.Errorf("at index %d, job %s has %d tasks, not %d", s.Index(), job.ClientToken, all, job.Count)
		case job.Type == structs.JobService && now > l.alive[job.ID] && now > job.Count*int(job.Service.Update.MaximumPercent)/100:
			t.Errorf("at index %d, %s has %d tasks of %d", s.Index(), job.Name, now, job.Count)
		}
		l.alive[job.ID] = now
	}
}
