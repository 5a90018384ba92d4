package docker

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker/docker/api/types/events"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// The event of a container's end says how it ended, and whether one of its processes was killed for
// lack of memory, if all events of the container were seen.
func TestEndedByEvent(t *testing.T) {
	started, starved := events.ActionStart, events.ActionOOM
	tests := map[string]struct {
		before []events.Action
		code   string
		want   runtime.Event
	}{
		"exit": {[]events.Action{started}, "3", runtime.Event{Ended: true, ExitCode: 3}},
		// the engine may know more
		"killed":                     {[]events.Action{started}, "137", runtime.Event{}},
		"out of memory":              {[]events.Action{started, starved}, "137", runtime.Event{Ended: true, ExitCode: 137, OOMKilled: true}},
		"a child ran out of memory":  {[]events.Action{started, starved}, "0", runtime.Event{Ended: true, OOMKilled: true}},
		"an event without exit code": {[]events.Action{started}, "", runtime.Event{}},
		"a start that was not seen":  {nil, "0", runtime.Event{}},
		"half of what happened":      {[]events.Action{starved}, "0", runtime.Event{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			seen := history{}
			actor := events.Actor{ID: "c", Attributes: map[string]string{runtime.LabelTask: "t", "exitCode": test.code}}
			for _, action := range test.before {
				seen.translate(events.Message{Action: action, Actor: actor})
			}
			test.want.ID, test.want.Task = "c", "t"
			got, _ := seen.translate(events.Message{Action: events.ActionDie, Actor: actor, TimeNano: 5e6})
			if test.want.Ended {
				test.want.At = 5
			}
			if got != test.want || len(seen) > 0 {
				t.Errorf("got %+v and remembers %v, want %+v", got, seen, test.want)
			}
		})
	}
}

func TestEventsReconnect(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		var up atomic.Bool
		connections := make(chan time.Time, 100)
		stream, broken := make(chan events.Message), make(chan error)
		e := newFakeEngine(&fakeAPI{
			ping: func() error {
				connections <- time.Now()
				if !up.Load() {
					return errors.New("refused")
				}
				return nil
			},
			events: func(context.Context) (<-chan events.Message, <-chan error) { return stream, broken },
		})
		ctx, cancel := context.WithCancel(t.Context())
		last := time.Now()
		got := e.Events(ctx)

		// Without an engine the waits double up to two seconds, and no event is sent.
		for _, want := range []time.Duration{0, 100, 200, 400, 800, 1600, 2000, 2000, 2000} {
			at := <-connections
			if wait := at.Sub(last); wait != want*time.Millisecond {
				t.Errorf("connected again after %v, want %d ms", wait, want)
			}
			last = at
		}
		if len(got) > 0 {
			t.Errorf("got event %v without an engine", <-got)
		}

		up.Store(true)
		if ev := <-got; ev != (runtime.Event{}) {
			t.Errorf("first event %+v, want one without an ID", ev)
		}
		stream <- events.Message{Actor: events.Actor{ID: "c1", Attributes: map[string]string{runtime.LabelTask: "t1"}}}
		if ev := <-got; ev != (runtime.Event{ID: "c1", Task: "t1"}) {
			t.Errorf("event %+v", ev)
		}

		// A break is followed by the shortest wait, and by an empty event again.
		at := time.Now()
		broken <- io.EOF
		if ev := <-got; ev != (runtime.Event{}) {
			t.Errorf("event after the break %+v, want one without an ID", ev)
		}
		if wait := time.Since(at); wait != firstReconnect {
			t.Errorf("connected again after %v, want %v", wait, firstReconnect)
		}

		cancel()
		if ev, open := <-got; open {
			t.Errorf("event %+v after the end", ev)
		}
	})
}

func TestEventsEndBesideASlowReader(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		stream := make(chan events.Message)
		e := newFakeEngine(&fakeAPI{
			ping:   func() error { return nil },
			events: func(context.Context) (<-chan events.Message, <-chan error) { return stream, nil },
		})
		ctx, cancel := context.WithCancel(t.Context())
		got := e.Events(ctx)
		for range eventsAhead { // with the empty event before them, one more than the buffer holds
			stream <- events.Message{}
		}
		synctest.Wait()
		cancel()
		synctest.Wait()
		told := 0
		for range got {
			told++
		}
		if told != eventsAhead {
			t.Errorf("%d events, want the %d that came before the end", told, eventsAhead)
		}
	})
}
