package state

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

// TestIsolation: a transaction sees its own writes and nobody else does, and a snapshot never
// changes.
func TestIsolation(t *testing.T) {
	t.Run("dirty read", func(t *testing.T) {
		w := newWriter(t)
		w.write(func(tx *Tx) {
			tx.PutTask(task("t1", "j1", "i1"))
			if tx.Task("t1") == nil || tx.Usage("i1").CPU != 10 {
				t.Error("a transaction does not see its own writes")
			}
			if s := w.Snapshot(); s.Task("t1") != nil || s.Usage("i1").CPU != 0 {
				t.Error("a reader sees what is not committed")
			}
		})
		if w.Snapshot().Task("t1") == nil {
			t.Error("a reader does not see what is committed")
		}
	})
	t.Run("non-repeatable read", func(t *testing.T) {
		w := newWriter(t)
		w.write(func(tx *Tx) {
			row := task("t1", "j1", "i1")
			row.Ports = []structs.Port{port(80)}
			tx.PutTask(row)
		})
		s := w.Snapshot()
		before := *s.Task("t1")
		usage := structs.Usage{CPU: 10, Memory: 20, Ports: []structs.Port{port(80)}, Running: 1}
		w.write(func(tx *Tx) {
			stopped := *tx.Task("t1")
			stopped.LastStatus = structs.TaskStopped
			tx.PutTask(&stopped)
		})
		if diff := cmp.Diff(before, *s.Task("t1")); diff != "" {
			t.Errorf("the same snapshot has another row: %s", diff)
		}
		if diff := cmp.Diff(usage, *s.Usage("i1")); diff != "" {
			t.Errorf("the same snapshot has other usage: %s", diff)
		}
		if s.Index() != 1 || w.Snapshot().Index() != 2 {
			t.Errorf("indexes %d and %d, want 1 and 2", s.Index(), w.Snapshot().Index())
		}
	})
	t.Run("phantom", testPhantom)
}

// testPhantom: rows come and go while a reader iterates.
func testPhantom(t *testing.T) {
	w := newWriter(t)
	w.write(func(tx *Tx) {
		for _, id := range []string{"t1", "t3", "t5"} {
			tx.PutTask(task(id, "j1", "i1"))
		}
	})
	s := w.Snapshot()
	var seen []string
	for row := range s.InstanceTasks("i1") {
		seen = append(seen, row.ID)
		w.write(func(tx *Tx) { // rows come and go on both sides of the reader
			tx.PutTask(task("t0"+row.ID, "j1", "i1"))
			tx.PutTask(task(row.ID+"x", "j1", "i1"))
			tx.RemoveTask(task("t5", "j1", "i1"))
		})
	}
	if want := []string{"t1", "t3", "t5"}; !slices.Equal(seen, want) || !slices.Equal(ids(s.JobTasks("j1")), want) {
		t.Errorf("read %v and %v, want %v both times", seen, ids(s.JobTasks("j1")), want)
	}
}

func TestFailedTransactionChangesNothing(t *testing.T) {
	w := newWriter(t)
	w.write(func(tx *Tx) {
		tx.PutCluster(&structs.Cluster{Name: "prod"})
		tx.PutTask(task("t1", "j1", "i1"))
		tx.PutJob(&structs.Job{ID: "j1", Cluster: "prod", ClientToken: "token"})
		tx.PutTags("cluster/prod", []structs.Tag{{Key: "a"}})
	})
	heard := w.Subscribe(Topic{Kind: TopicEvaluations}, Topic{Kind: TopicInstances}, Topic{Kind: TopicInstanceTasks, ID: "i1"})
	defer heard.Close()
	before := w.Snapshot()

	failure := errors.New("refused")
	err := w.Update(7, func(tx *Tx) error {
		tx.RemoveCluster("prod")
		tx.RemoveTask(tx.Task("t1"))
		tx.PutTask(task("t2", "j1", "i1"))
		tx.RemoveJob(tx.Job("j1"))
		tx.PutInstance(&structs.ContainerInstance{ID: "i1"})
		tx.PutEvaluation(&structs.Evaluation{ID: "e1"})
		tx.PutTags("cluster/prod", nil)
		tx.NextRevision("web")
		return failure
	})
	if err != failure {
		t.Errorf("error %v, want the transaction's own", err)
	}
	s := w.Snapshot()
	if s.Index() != 7 {
		t.Errorf("index %d, want 7: the entry counts as applied", s.Index())
	}
	if s.Cluster("prod") == nil || s.Task("t1") != before.Task("t1") || s.Task("t2") != nil || s.Job("j1") == nil ||
		s.JobByToken("prod", "token") == nil || s.Instance("i1") != nil || s.Evaluation("e1") != nil || s.Tags("cluster/prod") == nil {
		t.Error("something changed")
	}
	if diff := cmp.Diff(before.Usage("i1"), s.Usage("i1")); diff != "" {
		t.Errorf("usage changed: %s", diff)
	}
	w.write(func(tx *Tx) {
		if next := tx.NextRevision("web"); next != 1 {
			t.Errorf("next revision %d, want 1", next)
		}
	})
	if rows, resync := heard.Take(); len(rows) != 0 || resync {
		t.Errorf("subscribers heard of %v", rows)
	}
}

// TestReadersWhileWriting is for the race detector. It also checks that every snapshot is
// consistent.
func TestReadersWhileWriting(t *testing.T) {
	w := newWriter(t)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				s := w.Snapshot()
				var cpu int64
				for row := range s.InstanceTasks("i1") {
					cpu += row.CPU
				}
				if cpu != s.Usage("i1").CPU {
					t.Errorf("index %d: usage %d, its tasks %d", s.Index(), s.Usage("i1").CPU, cpu)
				}
				if n := len(ids(s.JobTasks("j1"))); uint64(n) != s.Index() {
					t.Errorf("index %d: %d tasks", s.Index(), n)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for n := range 500 {
		w.write(func(tx *Tx) { tx.PutTask(task(string(rune('a'+n%26))+string(rune('A'+n/26)), "j1", "i1")) })
	}
	close(done)
	readers.Wait()
}

func TestReplace(t *testing.T) {
	w := newWriter(t)
	w.write(func(tx *Tx) { tx.PutCluster(&structs.Cluster{Name: "old"}) })
	before := w.Snapshot()
	restored, err := Load(Nouns(), 42, func(l *Loading) error {
		l.Put(clusters, &structs.Cluster{Name: "new"})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Replace(restored)
	if s := w.Snapshot(); s.Index() != 42 || s.Cluster("new") == nil || s.Cluster("old") != nil {
		t.Errorf("index %d: the restored state is not there", s.Index())
	}
	if before.Cluster("old") == nil {
		t.Error("an earlier snapshot changed")
	}
}
