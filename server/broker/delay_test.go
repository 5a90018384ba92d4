package broker

import (
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// later is an evaluation that waits for its time.
func later(id, job string, wait time.Duration) *structs.Evaluation {
	e := eval(id, job, 1)
	e.WaitUntil = structs.TimeOf(time.Now().Add(wait))
	return e
}

func TestWaitUntil(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := New(config)
		defer b.Close()
		b.Enqueue(later("second", "j", 2*time.Second))
		b.Enqueue(later("first", "k", time.Second))
		b.Enqueue(later("past", "l", -time.Second))
		wantStats(t, b, Stats{Ready: 1, Delayed: 2})
		must(t, b.Ack("past", dequeue(t, b, "past")))
		b.Enqueue(eval("now", "j", 5)) // others of its job do not wait for it
		must(t, b.Ack("now", dequeue(t, b, "now")))
		time.Sleep(999 * time.Millisecond)
		nothing(t, b)
		time.Sleep(time.Millisecond)
		must(t, b.Ack("first", dequeue(t, b, "first")))
		nothing(t, b)
		time.Sleep(time.Second)
		must(t, b.Ack("second", dequeue(t, b, "second")))
		wantStats(t, b, Stats{})
	})
}

// TestWaitUntilInItsTurn: its time comes while another evaluation of its job is with a worker.
func TestWaitUntilInItsTurn(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := New(config)
		defer b.Close()
		b.Enqueue(later("waits", "j", time.Second))
		b.Enqueue(eval("now", "j", 5))
		token := dequeue(t, b, "now")
		time.Sleep(2 * time.Second)
		nothing(t, b)
		must(t, b.Ack("now", token))
		dequeue(t, b, "waits")
	})
}

// Nothing is delivered before its time by a clock that is slower than timers, like one that was set
// back; and an evaluation that asks for another look, by the same id, is delayed until then.
func TestWaitUntilBySlowClock(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		start := time.Now()
		slow := config
		slow.Now = func() time.Time { return start.Add(time.Since(start) / 2) }
		b := New(slow)
		defer b.Close()
		b.Enqueue(later("waits", "j", time.Second))
		time.Sleep(1900 * time.Millisecond)
		nothing(t, b)
		time.Sleep(200 * time.Millisecond)
		token := dequeue(t, b, "waits")
		again := eval("waits", "j", 2)
		again.ModifyIndex++
		again.WaitUntil = structs.TimeOf(slow.Now().Add(time.Second))
		b.Enqueue(again)
		must(t, b.Ack("waits", token))
		time.Sleep(1900 * time.Millisecond)
		nothing(t, b)
		time.Sleep(200 * time.Millisecond)
		must(t, b.Ack("waits", dequeue(t, b, "waits")))
		wantStats(t, b, Stats{})
	})
}

func TestForget(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := New(config)
		defer b.Close()
		b.Enqueue(later("waits", "j", time.Second))
		b.Enqueue(eval("ready", "k", 5))
		for _, id := range []string{"waits", "waits", "ready", "unknown"} {
			b.Forget(id)
		}
		token := dequeue(t, b, "ready")
		b.Forget("ready")
		must(t, b.Ack("ready", token))
		time.Sleep(time.Hour)
		nothing(t, b)
		wantStats(t, b, Stats{})

		b.Enqueue(later("waits", "j", time.Second)) // the same look is asked for again
		time.Sleep(time.Second)
		dequeue(t, b, "waits")
	})
}

func TestCloseEndsWaits(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		b := New(config)
		b.Enqueue(later("waits", "j", time.Second))
		b.Close()
		time.Sleep(2 * time.Second)
		wantStats(t, b, Stats{})
	})
}

// A clock that stands still, like one that was set back by seconds, is read again and again, but
// not without a pause.
func TestWaitUntilByStillClock(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		start, looks := time.Now(), 0
		still := config
		still.Now = func() time.Time { looks++; return start.Add(-time.Microsecond) }
		b := New(still)
		b.Enqueue(later("waits", "j", 0))
		time.Sleep(time.Second)
		b.Close()
		if looks < 2 || looks > 150 {
			t.Errorf("%d looks in a second", looks)
		}
	})
}
