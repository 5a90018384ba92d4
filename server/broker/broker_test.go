package broker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
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

// dequeue takes what is ready now and fails the test when it is not the one wanted.
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

// nothing fails the test when something is ready.
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

// A job that rests lets others have their turn, also while a new evaluation of its own waits, and
// is not forgotten.
func TestRest(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := New(config)
		defer b.Close()
		b.Enqueue(eval("first", "j1", 10))
		token := dequeue(t, b, "first")
		changed := eval("first", "j1", 10)
		changed.ModifyIndex = 2
		b.Enqueue(changed)
		must(t, b.AckThenRest("first", token, time.Second))
		b.Enqueue(eval("second", "j1", 20))
		b.Enqueue(eval("other", "j2", 30))
		must(t, b.Ack("other", dequeue(t, b, "other")))
		nothing(t, b)
		wantStats(t, b, Stats{Waiting: 2})
		time.Sleep(time.Second)
		must(t, b.AckThenRest("first", dequeue(t, b, "first"), time.Second))
		time.Sleep(time.Second)
		must(t, b.AckThenRest("second", dequeue(t, b, "second"), time.Second))
		time.Sleep(time.Second)
		b.Enqueue(eval("third", "j1", 40))
		must(t, b.AckThenRest("third", dequeue(t, b, "third"), time.Second))
		b.Close() // with a rest under way
		time.Sleep(time.Minute)
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

func TestChangedWhileOutstandingIsDeliveredAgain(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := New(config)
		defer b.Close()
		b.Enqueue(eval("e", "j", 1))
		token := dequeue(t, b, "e")
		newer := eval("e", "j", 1)
		newer.ModifyIndex = 2
		b.Enqueue(newer)
		nothing(t, b) // still with the worker
		must(t, b.Ack("e", token))
		must(t, b.Ack("e", dequeue(t, b, "e")))
		nothing(t, b)
		wantStats(t, b, Stats{})
	})
}

func TestNackDelaysLongerEachTime(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := New(config)
		defer b.Close()
		b.Enqueue(eval("e", "j", 1))
		for _, delay := range []time.Duration{1, 2, 4, 5, 5} {
			must(t, b.Nack("e", dequeue(t, b, "e")))
			wantStats(t, b, Stats{Delayed: 1})
			time.Sleep(delay*time.Second - time.Millisecond)
			nothing(t, b)
			time.Sleep(time.Millisecond)
		}
		must(t, b.Ack("e", dequeue(t, b, "e")))
		wantStats(t, b, Stats{})
	})
}

func TestNackLetsOthersOfTheJobGo(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := New(config)
		defer b.Close()
		b.Enqueue(eval("first", "j", 1))
		b.Enqueue(eval("second", "j", 2))
		must(t, b.Nack("first", dequeue(t, b, "first")))
		second := dequeue(t, b, "second")
		time.Sleep(time.Second)
		nothing(t, b) // the first is ready again, but its job is busy
		must(t, b.Ack("second", second))
		must(t, b.Ack("first", dequeue(t, b, "first")))
	})
}

func TestSilentWorkerLosesIt(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := New(config)
		defer b.Close()
		b.Enqueue(eval("e", "j", 1))
		old := dequeue(t, b, "e")
		time.Sleep(time.Minute - time.Millisecond)
		nothing(t, b)
		time.Sleep(time.Millisecond)
		token := dequeue(t, b, "e")
		if err := b.Ack("e", old); !errors.Is(err, ErrNotOutstanding) {
			t.Errorf("the old token still acknowledges: %v", err)
		}
		if err := b.Nack("e", old); !errors.Is(err, ErrNotOutstanding) {
			t.Errorf("the old token still gives back: %v", err)
		}
		must(t, b.Ack("e", token))
		if err := b.Ack("e", token); !errors.Is(err, ErrNotOutstanding) {
			t.Errorf("a token acknowledges twice: %v", err)
		}
		time.Sleep(time.Hour)
		nothing(t, b)
	})
}

func TestExtendedTimeEndsLater(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := New(config)
		defer b.Close()
		b.Enqueue(eval("e", "j", 1))
		first := dequeue(t, b, "e")
		time.Sleep(40 * time.Second)
		must(t, b.Extend("e", first))
		time.Sleep(40 * time.Second)
		nothing(t, b)
		time.Sleep(20 * time.Second)
		second := dequeue(t, b, "e")
		if err := b.Extend("e", first); !errors.Is(err, ErrNotOutstanding) {
			t.Errorf("the old token still extends: %v", err)
		}
		must(t, b.Ack("e", second))
		wantStats(t, b, Stats{})
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

// TestManyWorkers: with workers that acknowledge, give back, and fall silent, each evaluation is
// decided exactly once in the end, and never are two of one job at work at a time.
func TestManyWorkers(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		const jobs, perJob, workers = 20, 10, 8
		b := New(config)
		for n := range jobs * perJob {
			b.Enqueue(eval(fmt.Sprint(n), fmt.Sprint(n%jobs), structs.Time(n)))
		}
		var mu sync.Mutex
		var decided atomic.Int64
		atWork, deliveries := map[string]bool{}, map[string]int{}
		begin := func(e *structs.Evaluation) (delivery int) {
			mu.Lock()
			defer mu.Unlock()
			if atWork[e.Job] {
				t.Errorf("two evaluations of job %s are at work", e.Job)
			}
			atWork[e.Job] = true
			deliveries[e.ID]++
			return deliveries[e.ID]
		}
		end := func(e *structs.Evaluation) {
			mu.Lock()
			defer mu.Unlock()
			atWork[e.Job] = false
		}
		for w := range workers {
			go func() {
				for {
					e, token, err := b.Dequeue(t.Context())
					if err != nil {
						return
					}
					delivery := begin(e)
					time.Sleep(time.Duration(w+1) * time.Millisecond)
					end(e)
					switch {
					case delivery == 1 && e.CreatedAt%3 == 1:
						err = b.Nack(e.ID, token)
					case delivery == 1 && e.CreatedAt%3 == 2:
						time.Sleep(2 * config.AckTimeout)
					default:
						err = b.Ack(e.ID, token)
						decided.Add(1)
					}
					if err != nil {
						t.Errorf("delivery %d of %s: %v", delivery, e.ID, err)
					}
				}
			}()
		}
		time.Sleep(24 * time.Hour)
		wantStats(t, b, Stats{})
		if n := decided.Load(); n != jobs*perJob {
			t.Errorf("%d decided, want %d", n, jobs*perJob)
		}
		b.Close()
	})
}
