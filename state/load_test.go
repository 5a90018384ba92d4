package state

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

// TestLoadDerivesWhatATransactionKeepsUp: a restored state has the same indexes and usage as the
// saved one.
func TestLoadDerivesWhatATransactionKeepsUp(t *testing.T) {
	rows := []*structs.Task{
		task("t4", "j2", "i1"), task("t1", "j1", "i2"), task("t3", "j1", "i1"), task("t2", "j2", "i2"), task("t5", "j", "i"),
	}
	rows[0].Ports = []structs.Port{port(90), port(80)}
	rows[2].Ports = []structs.Port{port(80)}
	rows[1].LastStatus = structs.TaskPending
	rows[3].LastStatus = structs.TaskStopped

	w := newWriter(t)
	w.write(func(tx *Tx) {
		for _, row := range rows {
			tx.PutTask(row)
		}
	})
	loaded, err := Load(Nouns(), 1, func(l *Loading) error {
		for _, row := range rows {
			l.Put(tasks, row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want, got := w.Snapshot(), loaded.Snapshot()
	if !slices.Equal(ids(want.AllTasks()), ids(got.AllTasks())) {
		t.Errorf("tasks %v, want %v", ids(got.AllTasks()), ids(want.AllTasks()))
	}
	for _, job := range []string{"j", "j1", "j2", "none"} {
		if !slices.Equal(ids(want.JobTasks(job)), ids(got.JobTasks(job))) {
			t.Errorf("tasks of %s: %v, want %v", job, ids(got.JobTasks(job)), ids(want.JobTasks(job)))
		}
	}
	for _, instance := range []string{"i", "i1", "i2", "none"} {
		if !slices.Equal(ids(want.InstanceTasks(instance)), ids(got.InstanceTasks(instance))) {
			t.Errorf("tasks on %s: %v, want %v", instance, ids(got.InstanceTasks(instance)), ids(want.InstanceTasks(instance)))
		}
		if diff := cmp.Diff(want.Usage(instance), got.Usage(instance)); diff != "" {
			t.Errorf("usage of %s: %s", instance, diff)
		}
	}
}

func TestLoadFails(t *testing.T) {
	failure := errors.New("damaged")
	if s, err := Load(Nouns(), 1, func(*Loading) error { return failure }); s != nil || err != failure {
		t.Errorf("got %v, %v, want no store and the error", s, err)
	}
}
