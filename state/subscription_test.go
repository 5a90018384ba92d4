package state

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

// heard returns the ids of the rows that wait in a subscription.
func heard(t *testing.T, s *Subscription) []string {
	t.Helper()
	changes, resync := s.Take()
	if resync {
		t.Error("told to look at everything again")
	}
	var names []string
	for _, change := range changes {
		switch row := change.Row.(type) {
		case *structs.Task:
			names = append(names, row.ID)
		case *structs.Evaluation:
			names = append(names, row.ID)
		case *structs.ContainerInstance:
			names = append(names, row.ID)
		}
	}
	return names
}

func woken(s *Subscription) bool {
	select {
	case <-s.C:
		return true
	default:
		return false
	}
}

func TestSubscriptionKeepsOrder(t *testing.T) {
	w := newWriter(t)
	w.write(func(tx *Tx) { tx.PutTask(task("before", "j1", "i1")) })
	one := w.Subscribe(Topic{Kind: TopicInstanceTasks, ID: "i1"}, Topic{Kind: TopicInstances})
	defer one.Close()
	all := w.Subscribe(Topic{Kind: TopicEvaluations})
	defer all.Close()
	single := w.Subscribe(Topic{Kind: TopicEvaluations, ID: "e2"})
	defer single.Close()

	w.write(func(tx *Tx) {
		tx.PutTask(task("t2", "j1", "i1"))
		tx.PutTask(task("elsewhere", "j1", "i2"))
		tx.PutEvaluation(&structs.Evaluation{ID: "e1"})
		tx.PutInstance(&structs.ContainerInstance{ID: "i9"})
		tx.PutTask(task("t1", "j1", "i1"))
	})
	w.write(func(tx *Tx) {
		tx.PutEvaluation(&structs.Evaluation{ID: "e2"})
		tx.PutTask(task("t2", "j1", "i1"))
	})
	if !woken(one) || woken(one) {
		t.Error("a subscriber is woken once for all that waits")
	}
	for name, c := range map[string]struct {
		sub  *Subscription
		want []string
	}{
		"tasks and instances": {one, []string{"t2", "i9", "t1", "t2"}},
		"all evaluations":     {all, []string{"e1", "e2"}},
		"one evaluation":      {single, []string{"e2"}},
	} {
		if diff := cmp.Diff(c.want, heard(t, c.sub)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if again := heard(t, c.sub); again != nil {
			t.Errorf("%s: %v came twice", name, again)
		}
	}
}

// TestSubscribedRowsAreInTheSnapshot: a subscriber that takes changes, then a snapshot, finds them
// there.
func TestSubscribedRowsAreInTheSnapshot(t *testing.T) {
	w := newWriter(t)
	sub := w.Subscribe(Topic{Kind: TopicInstanceTasks, ID: "i1"})
	defer sub.Close()
	done := make(chan error, 1)
	go func() {
		for seen := 0; seen < 200; {
			<-sub.C
			changes, _ := sub.Take()
			s := w.Snapshot()
			for _, change := range changes {
				if row := change.Row.(*structs.Task); s.Task(row.ID) != row {
					done <- fmt.Errorf("task %s is not in the snapshot", row.ID)
					return
				}
				seen++
			}
		}
		done <- nil
	}()
	for n := range 200 {
		w.write(func(tx *Tx) {
			tx.PutTask(task(fmt.Sprint(n), "j1", "i1"))
			for range 1000 { // the subscriber is awake while these are still being published
				tx.PutInstance(&structs.ContainerInstance{ID: "i1"})
			}
		})
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestSubscriptionOverflow(t *testing.T) {
	w := newWriter(t)
	slow := w.Subscribe(Topic{Kind: TopicInstanceTasks, ID: "i1"})
	defer slow.Close()
	row := task("t1", "j1", "i1")
	w.write(func(tx *Tx) {
		for range maxPending {
			tx.PutTask(row)
		}
	})
	if rows, resync := slow.Take(); len(rows) != maxPending || resync {
		t.Errorf("%d rows, resync %v: want all of as many as may wait", len(rows), resync)
	}
	w.write(func(tx *Tx) {
		for range maxPending + 1 {
			tx.PutTask(row)
		}
	})
	w.write(func(tx *Tx) { tx.PutTask(row) }) // nothing is collected until the subscriber comes
	if rows, resync := slow.Take(); len(rows) != 0 || !resync {
		t.Errorf("%d rows, resync %v: want to be told to look at everything", len(rows), resync)
	}
	w.write(func(tx *Tx) { tx.PutTask(row) })
	if got := heard(t, slow); len(got) != 1 {
		t.Errorf("heard %v after that, want the one new row", got)
	}
}

func TestSubscriptionAfterReplace(t *testing.T) {
	w := newWriter(t)
	sub := w.Subscribe(Topic{Kind: TopicInstances})
	defer sub.Close()
	w.write(func(tx *Tx) { tx.PutInstance(&structs.ContainerInstance{ID: "i1"}) })
	<-sub.C
	w.Replace(New())
	if !woken(sub) {
		t.Error("not woken")
	}
	if rows, resync := sub.Take(); len(rows) != 0 || !resync {
		t.Errorf("%d rows, resync %v: want only to be told to look at everything", len(rows), resync)
	}
}

func TestSubscriptionClose(t *testing.T) {
	w := newWriter(t)
	gone := w.Subscribe(Topic{Kind: TopicInstances}, Topic{Kind: TopicEvaluations})
	stays := w.Subscribe(Topic{Kind: TopicInstances})
	defer stays.Close()
	gone.Close()
	gone.Close() // a second time is not an error
	w.write(func(tx *Tx) {
		tx.PutInstance(&structs.ContainerInstance{ID: "i1"})
		tx.PutEvaluation(&structs.Evaluation{ID: "e1"})
	})
	w.Replace(New())
	if rows, resync := gone.Take(); woken(gone) || len(rows) != 0 || resync {
		t.Error("a closed subscription goes on")
	}
	if !woken(stays) {
		t.Error("another subscription ended with it")
	}
	stays.Close()
	if len(w.feed.subs) != 0 {
		t.Errorf("%d topics are kept for nobody", len(w.feed.subs))
	}
}
