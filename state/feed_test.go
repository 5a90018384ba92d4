package state

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// next returns what a follower gets without waiting.
func next(f *Follower) ([]Event, error) {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	return f.Next(now)
}

// putTasks writes one transaction that puts this many tasks, always the same ones.
func (w *writer) putTasks(n int) {
	w.write(func(tx *Tx) {
		for range n {
			tx.PutTask(task("t1", "j1", "i1"))
		}
	})
}

// indexes reads everything that is ready for a follower: the index of each batch and its size.
func indexes(t *testing.T, f *Follower) (list [][2]int) {
	t.Helper()
	for {
		events, err := next(f)
		if errors.Is(err, context.Canceled) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Index != events[0].Index {
				t.Errorf("events of indexes %d and %d together", e.Index, events[0].Index)
			}
		}
		list = append(list, [2]int{int(events[0].Index), len(events)})
	}
}

func TestFollow(t *testing.T) {
	w := newWriter(t)
	first := w.Follow(0)
	w.putTasks(2)
	w.putTasks(0) // an entry that changes nothing has no events
	w.putTasks(1)
	for after, want := range map[uint64][][2]int{
		0: {{1, 2}, {3, 1}}, 1: {{3, 1}}, 2: {{3, 1}}, 3: nil, 9: nil,
	} {
		if got := indexes(t, w.Follow(after)); !slices.Equal(got, want) {
			t.Errorf("after %d: %v, want %v", after, got, want)
		}
	}
	if got := indexes(t, first); !slices.Equal(got, [][2]int{{1, 2}, {3, 1}}) {
		t.Errorf("a follower from before gets %v", got)
	}
	w.putTasks(4)
	if got := indexes(t, first); !slices.Equal(got, [][2]int{{4, 4}}) {
		t.Errorf("the same one then gets %v", got)
	}
}

// TestFollowTellsAllOfAChange: the rows of one transaction in the order of its changes, each with
// the row before it.
func TestFollowTellsAllOfAChange(t *testing.T) {
	w := newWriter(t)
	one, two, job := task("t1", "j1", "i1"), task("t1", "j1", "i1"), &structs.Job{ID: "j1"}
	w.write(func(tx *Tx) { tx.PutTask(one) })
	w.write(func(tx *Tx) {
		tx.PutTask(two)
		tx.PutJob(job)
		tx.RemoveTask(one)
		tx.RemoveTask(one) // it no longer exists
	})
	got, err := next(w.Follow(1))
	want := []Event{
		{Index: 2, Noun: tasks, Row: two, Before: one},
		{Index: 2, Noun: jobs, Row: job},
		{Index: 2, Noun: tasks, Row: two, Before: two, Removed: true},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("events %+v (%v), want %+v", got, err, want)
	}
}

func TestFollowWaits(t *testing.T) {
	w := newWriter(t)
	const readers, writes = 3, 200
	errs := make(chan error, readers)
	for range readers {
		f := w.Follow(0)
		go func() {
			for index := uint64(1); index <= writes; index++ {
				events, err := f.Next(t.Context())
				if err != nil || events[0].Index != index || w.Snapshot().Index() < index {
					errs <- errors.Join(err, errors.New("an event is lost, came twice, or is not in the snapshot"))
					return
				}
			}
			errs <- nil
		}()
	}
	for range writes {
		w.putTasks(1)
	}
	for range readers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestFollowerFallsBehind(t *testing.T) {
	w := newWriter(t)
	slow := w.Follow(0)
	w.putTasks(maxEvents - 1)
	w.putTasks(1)
	if got := indexes(t, w.Follow(0)); !slices.Equal(got, [][2]int{{1, maxEvents - 1}, {2, 1}}) {
		t.Errorf("%v: want all of as many events as are kept", got)
	}
	w.putTasks(2) // takes the place of the first index, whole
	for range 2 {
		if events, err := next(slow); err != ErrFellBehind {
			t.Errorf("events %v (%v), want to be told that some are gone", events, err)
		}
	}
	if got := indexes(t, w.Follow(1)); !slices.Equal(got, [][2]int{{2, 1}, {3, 2}}) {
		t.Errorf("after what is gone: %v", got)
	}
	w.putTasks(maxEvents + 1)
	if got := indexes(t, w.Follow(3)); !slices.Equal(got, [][2]int{{4, maxEvents + 1}}) {
		t.Errorf("%v: want an index with more events than are kept whole, and nothing else", got)
	}
	if _, err := next(w.Follow(2)); err != ErrFellBehind {
		t.Errorf("error %v for a follower of what is gone", err)
	}
}

// TestFollowersHearOfAnotherState: a restored state has an index of its own, which may be lower
// than that of the state before.
func TestFollowersHearOfAnotherState(t *testing.T) {
	for name, c := range map[string]struct{ before, restored, next uint64 }{
		"of a later index": {10, 20, 21}, "of an earlier index": {10, 5, 12}, "of the same index": {10, 10, 11},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWriter(t)
			w.index = c.before - 1
			w.putTasks(1)
			waiting := w.Follow(c.before)
			_, woken, err := waiting.take()
			if err != nil {
				t.Fatal(err)
			}
			restored, err := Load(Nouns(), c.restored, func(*Loading) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			w.Replace(restored)
			<-woken
			if _, err := next(waiting); err != ErrFellBehind {
				t.Errorf("a follower that waits is told %v", err)
			}
			if _, err := next(w.Follow(c.before)); err != ErrFellBehind && c.restored != c.before {
				t.Errorf("a follower of a snapshot from before is told %v", err)
			}
			f := w.Follow(w.Snapshot().Index())
			w.index = c.next - 1
			w.putTasks(3)
			if got := indexes(t, f); !slices.Equal(got, [][2]int{{int(c.next), 3}}) {
				t.Errorf("a follower of the restored state gets %v", got)
			}
		})
	}
}

func TestFollowEndsWithItsContext(t *testing.T) {
	w := newWriter(t)
	w.putTasks(1)
	if _, err := next(w.Follow(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	fork := w.Snapshot().Fork()
	if _, err := next(fork.Follow(0)); err != ErrFellBehind {
		t.Errorf("a fork has no changes from before it: error %v", err)
	}
}
