package main

import (
	"context"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/link"
	"github.com/gantry-project/gantry/structs"
)

// gate lets one machine after another start tasks, as fast as the process keeps up. The process
// does the work of thousands of machines that would have processors of their own; if it fell
// behind, the heartbeats of all of them would be late.
type gate struct{ turns chan struct{} }

// gateEvery is the time from one machine to the next. It gets longer when the process is behind.
const gateEvery = time.Millisecond

func newGate() *gate { return &gate{turns: make(chan struct{})} }

// run hands out turns until ctx ends.
func (g *gate) run(ctx context.Context) {
	for pause(ctx, gateEvery) {
		select {
		case g.turns <- struct{}{}:
		case <-ctx.Done():
		}
	}
}

// gated is the Server of an agent whose tasks wait for the gate.
type gated struct {
	*link.Servers
	gate *gate
}

// Stream opens the stream of assignments.
func (s gated) Stream(ctx context.Context, instance string, version int64) (link.Stream, error) {
	stream, err := s.Servers.Stream(ctx, instance, version)
	if err != nil {
		return nil, err
	}
	return newGatedStream(stream, s.gate.turns), nil
}

// gatedStream is a stream whose frames with tasks wait for the machine's turn. Frames that only
// show that the stream is alive do not wait.
type gatedStream struct {
	link.Stream
	turns <-chan struct{}
	read  chan struct{} // capacity 1; signals that waiting is not empty, or err is set
	alive chan structs.AssignmentFrame

	mu      sync.Mutex
	waiting []structs.AssignmentFrame
	err     error

	passed []structs.AssignmentFrame // frames that had their turn; used by the reader only
}

func newGatedStream(stream link.Stream, turns <-chan struct{}) *gatedStream {
	g := &gatedStream{Stream: stream, turns: turns, read: make(chan struct{}, 1), alive: make(chan structs.AssignmentFrame)}
	go g.pump()
	return g
}

// pump reads the stream until its end.
func (s *gatedStream) pump() {
	for {
		frame, err := s.Stream.Next()
		if err == nil && len(frame.Assignments) == 0 && !frame.Full {
			select {
			case s.alive <- frame:
			default: // the agent is busy
			}
			continue
		}
		s.mu.Lock()
		if err == nil {
			s.waiting = append(s.waiting, frame)
		}
		s.err = err
		s.mu.Unlock()
		select {
		case s.read <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// Next returns the next frame. All waiting frames share one turn.
func (s *gatedStream) Next() (structs.AssignmentFrame, error) {
	for len(s.passed) == 0 {
		s.mu.Lock()
		err, turns := s.err, s.turns
		switch {
		case len(s.waiting) == 0:
			turns = nil
		case len(s.waiting) == 1 && len(s.waiting[0].Assignments) == 0:
			s.passed, s.waiting = s.waiting, nil
		}
		s.mu.Unlock()
		switch {
		case err != nil:
			return structs.AssignmentFrame{}, err
		case len(s.passed) > 0:
			continue
		}
		select {
		case <-turns:
			s.mu.Lock()
			s.passed, s.waiting = s.waiting, nil
			s.mu.Unlock()
		case <-s.read:
		case frame := <-s.alive:
			return frame, nil
		}
	}
	frame := s.passed[0]
	s.passed = s.passed[1:]
	return frame, nil
}
