package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// scripted is a stream of the frames of a channel; a frame with index 0 ends it.
type scripted chan structs.AssignmentFrame

var errEnd = errors.New("the end")

func (s scripted) Next() (structs.AssignmentFrame, error) {
	frame := <-s
	if frame.Index == 0 {
		return frame, errEnd
	}
	return frame, nil
}

func (s scripted) Close() error { return nil }

// Frames with tasks wait for a turn, which all waiting frames share in their order. Frames that
// show that the stream is alive pass meanwhile, and so does its end.
func TestGate(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		in := make(scripted)
		turns := make(chan struct{})
		g := newGatedStream(in, turns)
		out := make(chan uint64, 10)
		go func() {
			defer close(out)
			for frame, err := g.Next(); err == nil; frame, err = g.Next() {
				out <- frame.Index
			}
		}()
		expect := func(want ...uint64) {
			t.Helper()
			time.Sleep(time.Second)
			for _, index := range want {
				if len(out) == 0 {
					t.Fatalf("frame %d has not come", index)
				}
				if got := <-out; got != index {
					t.Fatalf("frame %d, not %d", got, index)
				}
			}
			if len(out) > 0 {
				t.Fatalf("frame %d has come too soon", <-out)
			}
		}
		tasks := []structs.Assignment{{}}
		in <- structs.AssignmentFrame{Index: 1, Full: true} // no tasks, nothing to wait for
		expect(1)
		in <- structs.AssignmentFrame{Index: 2, Assignments: tasks}
		in <- structs.AssignmentFrame{Index: 3, Assignments: tasks}
		expect()
		in <- structs.AssignmentFrame{Index: 4}
		expect(4)
		turns <- struct{}{}
		expect(2, 3)
		in <- structs.AssignmentFrame{Index: 5, Assignments: tasks}
		expect()
		in <- structs.AssignmentFrame{}
		expect()
		if _, open := <-out; open {
			t.Error("the stream has not ended")
		}
	})
}

// A gate lets so many through in a second as it says.
func TestGateEvery(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		g, n := newGate(), 0
		go g.run(ctx)
		for ctx.Err() == nil {
			select {
			case <-g.turns:
				n++
			case <-ctx.Done():
			}
		}
		if want := int(time.Second / gateEvery); n < want-2 || n > want {
			t.Errorf("%d turns in a second, not %d", n, want)
		}
	})
}
