package broker

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

var config = Config{AckTimeout: time.Minute, NackDelay: time.Second, MaxNackDelay: 5 * time.Second}

func eval(id, job string, created structs.Time) *structs.Evaluation {
	return &structs.Evaluation{ID: id, Job: job, CreatedAt: created, Status: structs.EvaluationReady, ModifyIndex: 1}
}

// dequeue takes what is ready now and fails the test if it is not the wanted evaluation.
func dequeue(t *testing.T, b *Broker, want string) Token {
	t.Helper()
	synctest.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	e, token, err := b.Dequeue(ctx)
	if err != nil || e.ID != want {
		t.Fatalf("dequeued %v, %v; want %s", e, err, want)
	}
	return token
}

// nothing fails the test if something is ready.
func nothing(t *testing.T, b *Broker) {
	t.Helper()
	synctest.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if e, _, err := b.Dequeue(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("dequeued %v, %v; want nothing", e, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantStats(t *testing.T, b *Broker, want Stats) {
	t.Helper()
	if got := b.Stats(); got != want {
		t.Errorf("the broker holds %+v, want %+v", got, want)
	}
}

func TestOldestFirst(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := New(config)
		defer b.Close()
		b.Enqueue(eval("late", "j1", 30))
		b.Enqueue(eval("early", "j2", 10))
		b.Enqueue(eval("middle", "j3", 20))
		b.Enqueue(eval("middle, came second", "j4", 20))
		for _, id := range []string{"early", "middle", "middle, came second", "late"} {
			dequeue(t, b, id)
		}
		nothing(t, b)
	})
}

func TestDequeueWaits(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := New(config)
		defer b.Close()
		taken := make(chan string, 3)
		for range 3 {
			go func() {
				if e, _, err := b.Dequeue(t.Context()); err == nil {
					taken <- e.ID
				}
			}()
		}
		synctest.Wait()
		for n := range 3 {
			b.Enqueue(eval(fmt.Sprint(n), fmt.Sprint(n), 0))
		}
		synctest.Wait()
		if len(taken) != 3 {
			t.Errorf("%d of 3 waiting workers got one of 3 evaluations", len(taken))
		}
	})
}

func TestOneOfAJobAtATime(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := New(config)
		defer b.Close()
		b.Enqueue(eval("first", "j", 1))
		b.Enqueue(eval("third", "j", 3))
		b.Enqueue(eval("second", "j", 2))
		b.Enqueue(eval("other", "k", 4))
		wantStats(t, b, Stats{Ready: 2, Waiting: 2})
		first := dequeue(t, b, "first")
		other := dequeue(t, b, "other")
		nothing(t, b)
		wantStats(t, b, Stats{Waiting: 2, Outstanding: 2})
		must(t, b.Ack("other", other))
		nothing(t, b)
		must(t, b.Ack("first", first))
		must(t, b.Ack("second", dequeue(t, b, "second")))
		must(t, b.Ack("third", dequeue(t, b, "third")))
		wantStats(t, b, Stats{})
	})
}

func TestEnqueueTwice(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := New(config)
		defer b.Close()
		e, newer := eval("e", "j", 1), eval("e", "j", 1)
		newer.ModifyIndex = 2
		b.Enqueue(e)
		b.Enqueue(newer)
		b.Enqueue(e)
		got, token, err := b.Dequeue(t.Context())
		if err != nil || got != newer {
			t.Fatalf("dequeued %+v, %v; want the newest of that id", got, err)
		}
		b.Enqueue(newer) // nothing new
		must(t, b.Ack("e", token))
		nothing(t, b)
	})
}

func TestClose(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := New(config)
		b.Enqueue(eval("outstanding", "j1", 1))
		b.Enqueue(eval("delayed", "j2", 2))
		held := dequeue(t, b, "outstanding")
		must(t, b.Nack("delayed", dequeue(t, b, "delayed")))
		waiting := make(chan error, 1)
		go func() {
			_, _, err := b.Dequeue(t.Context())
			waiting <- err
		}()
		synctest.Wait()
		b.Close()
		b.Close()
		if err := <-waiting; !errors.Is(err, ErrClosed) {
			t.Errorf("a waiting Dequeue ends with %v", err)
		}
		b.Enqueue(eval("late", "j3", 3))
		time.Sleep(time.Hour)
		if _, _, err := b.Dequeue(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("Dequeue after Close gives %v", err)
		}
		if err := b.Ack("outstanding", held); !errors.Is(err, ErrNotOutstanding) {
			t.Errorf("Ack after Close gives %v", err)
		}
		wantStats(t, b, Stats{})
	})
}
