package control

import (
	"context"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// AssignmentStream tells one agent what it is to run. One goroutine reads it.
type AssignmentStream struct {
	control  *Control
	instance string
	sub      *state.Subscription
	// sent is the desired status that the agent was last told, for each task that it was told of and that has not stopped.
	sent map[string]structs.TaskStatus
	full bool // the next frame is a full one
}

// Assignments opens the stream of an instance's agent. While one is open the instance counts as connected.
func (c *Control) Assignments(ctx context.Context, instance string) (*AssignmentStream, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	if snap.Instance(instance) == nil {
		return nil, structs.Errorf(structs.KindResourceNotFound, "container instance %s is not registered", instance)
	}
	if err := c.connect(instance); err != nil {
		return nil, err
	}
	return &AssignmentStream{
		control: c, instance: instance, full: true, sent: map[string]structs.TaskStatus{},
		sub: c.Store.Subscribe(state.Topic{Kind: state.TopicInstanceTasks, ID: instance}),
	}, nil
}

// Next waits for something to tell and gives it; the first frame comes at once. Fails only when ctx ends.
func (s *AssignmentStream) Next(ctx context.Context) (structs.AssignmentFrame, error) {
	for {
		rows, resync := s.sub.Take()
		if frame := s.frame(rows, resync); frame.Full || len(frame.Assignments) > 0 {
			return frame, nil
		}
		select {
		case <-s.sub.C:
		case <-ctx.Done():
			return structs.AssignmentFrame{}, ctx.Err()
		}
	}
}

// frame joins what is new to the agent. Changes that only repeat what the agent reported itself are left out, but for one: that a task
// STOPPED which the agent was to run. The cluster may have ended it without the agent, whose containers must not outlive it.
func (s *AssignmentStream) frame(rows []any, resync bool) structs.AssignmentFrame {
	snap := s.control.Store.Snapshot()
	frame := structs.AssignmentFrame{Index: snap.Index(), Full: s.full || resync}
	add := func(t *structs.Task) {
		told, known := s.sent[t.ID]
		if t.Holds() {
			s.sent[t.ID] = t.DesiredStatus
		} else {
			delete(s.sent, t.ID)
		}
		if known && told == t.DesiredStatus || !known && !t.Holds() {
			return
		}
		a := structs.Assignment{Task: t, Definition: snap.TaskDefinition(t.TaskDefinition)}
		if job := snap.Job(t.Job); job != nil {
			a.Overrides = job.Overrides
		}
		frame.Assignments = append(frame.Assignments, a)
	}
	if frame.Full {
		s.full = false
		clear(s.sent)
		for t := range snap.InstanceTasks(s.instance) {
			add(t)
		}
		return frame
	}
	for _, row := range rows {
		if t := snap.Task(row.(*structs.Task).ID); t != nil {
			add(t)
		}
	}
	return frame
}

// Close ends the stream; the instance counts as disconnected unless another stream of it is open.
func (s *AssignmentStream) Close() {
	s.sub.Close()
	s.control.disconnect(s.instance)
}
