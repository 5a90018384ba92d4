package broker

import (
	"errors"
	"testing"
	"time"

	"github.com/gantry-project/gantry/testutil/faketime"
)

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
