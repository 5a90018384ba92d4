package control

import (
	"context"
	"time"

	"github.com/gantry-project/gantry/structs"
)

const (
	// trafficAlive is how often an agent gets a frame, if nothing changes. It tells the index up to
	// which nothing did.
	trafficAlive = 2 * time.Second
	// trafficApart is the least time between frames of a stream. The first change after a quiet
	// time waits for trafficGather only.
	trafficApart = 50 * time.Millisecond
)

// TrafficStream is the stream of one agent's frames of traffic. One goroutine reads it.
type TrafficStream struct {
	table    *trafficTable
	instance string
	ingress  bool   // as the last frame was
	at       uint64 // the sequence number of the changes that were sent last
	full     bool
	last     time.Time // when the last frame was sent
}

// Traffic opens the stream of traffic of an instance's agent, on any server. The stream shows this
// server's state, which may be slightly outdated.
func (c *Control) Traffic(instance string) (*TrafficStream, error) {
	if c.config.Store.Snapshot().Instance(instance) == nil {
		return nil, structs.ErrInstanceNotRegistered(instance)
	}
	c.traffic.open()
	return &TrafficStream{table: c.traffic, instance: instance, full: true}, nil
}

// Close ends the stream.
func (s *TrafficStream) Close() { s.table.close() }

// Next waits for the next frame: a full one at first, then what changed, and an empty one if
// nothing did for a while. It fails when ctx ends, or if the instance is not registered any more.
func (s *TrafficStream) Next(ctx context.Context) (structs.TrafficFrame, error) {
	alive := time.NewTimer(trafficAlive)
	defer alive.Stop()
	if !s.full {
		if err := sleep(ctx, time.Until(s.last.Add(trafficApart))); err != nil {
			return structs.TrafficFrame{}, err
		}
	}
	for {
		frame, more, err := s.frame()
		if err != nil || more == nil {
			s.last = time.Now()
			return frame, err
		}
		select {
		case <-more:
		case <-alive.C:
			frame, _, err = s.frame()
			return frame, err
		case <-ctx.Done():
			return structs.TrafficFrame{}, ctx.Err()
		}
	}
}

// sleep waits, and fails if ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// frame returns what is new to the agent. If nothing is, it returns an empty frame and what to wait
// for.
func (s *TrafficStream) frame() (frame structs.TrafficFrame, more <-chan struct{}, err error) {
	t := s.table
	t.mu.Lock()
	defer t.mu.Unlock()
	row := t.snap.Instance(s.instance)
	if row == nil {
		return frame, nil, structs.ErrInstanceNotRegistered(s.instance)
	}
	frame.Index = t.index
	s.full = s.full || s.ingress != row.Ingress || t.lacks(s.at)
	changed := t.since(s.at, s.instance)
	if s.full {
		changed = t.everything()
	}
	frame.Full, s.full, s.at, s.ingress = s.full, false, t.seq, row.Ingress
	t.fill(&frame, &changed, row)
	if !frame.Full && frame.Empty() {
		return frame, t.grown, nil
	}
	return frame, nil, nil
}
