package server

import (
	"context"
	"errors"
	"time"

	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/server/broker"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// NextLease is control's Leases.
func (s *Server) NextLease(ctx context.Context, name string) (*structs.Lease, error) {
	for {
		l := s.leader.Load()
		if l == nil {
			return nil, structs.ErrNoLeader()
		}
		b := l.outside.of(name)
		if b == nil {
			return nil, structs.ErrNoLeader()
		}
		eval, token, err := b.Dequeue(ctx)
		switch {
		case errors.Is(err, broker.ErrClosed):
			return nil, structs.ErrNoLeader()
		case err != nil:
			return nil, nil // its time is over
		}
		if lease := s.lease(l, name, eval.ID, l.outside.leaseToken(eval.ID, token)); lease != nil {
			return lease, nil
		}
		s.handBack(l, b, eval.ID, token)
	}
}

// lease gives what an evaluation asks of its job's scheduler now; nil when that is nothing.
func (s *Server) lease(l *leadership, name, id, token string) (lease *structs.Lease) {
	snap := s.store.Snapshot()
	eval := snap.Evaluation(id)
	if !asksOutside(snap, eval, name) {
		return nil
	}
	scheduler.Schedule(scheduler.Input{
		View: snap, Evaluation: eval, Now: s.clock.Time(),
		Placer: func(o *place.Offer) {
			if lease == nil {
				lease = newLease(snap, eval, o)
				lease.Token = token
			}
		},
	})
	return lease
}

// asksOutside says whether an evaluation is still to be decided, by the scheduler of that name.
func asksOutside(snap *state.Snapshot, eval *structs.Evaluation, name string) bool {
	if eval == nil || eval.Status != structs.EvaluationReady {
		return false
	}
	return outsideScheduler(snap, eval) == name
}

func newLease(snap *state.Snapshot, eval *structs.Evaluation, o *place.Offer) *structs.Lease {
	lease := &structs.Lease{
		Seconds: int(leaseTime / time.Second), Evaluation: eval, Job: snap.Job(eval.Job), TaskDefinition: o.Definition,
		Ask: structs.LeaseAsk{Count: o.Count, Need: o.Need}, Tasks: []*structs.Task{}, Instances: []structs.LeaseInstance{},
	}
	for t := range snap.JobTasks(eval.Job) {
		if t.Holds() {
			lease.Tasks = append(lease.Tasks, t)
		}
	}
	for host, why := range o.Hosts() {
		i := structs.LeaseInstance{InstanceUsage: host, Fits: why.Reason == "", Free: structs.Resources{
			CPU: host.Registered.CPU - host.Usage.CPU, Memory: host.Registered.Memory - host.Usage.Memory,
			GPUs: len((&structs.Host{Instance: host.ContainerInstance, Usage: host.Usage}).FreeGPUs()),
		}}
		if !i.Fits {
			i.Why = &why
		}
		lease.Instances = append(lease.Instances, i)
	}
	return lease
}

// handBack ends a lease of which nothing is asked of the outside scheduler any more. What is left
// to decide our workers do.
func (s *Server) handBack(l *leadership, b *broker.Broker, id string, token broker.Token) {
	b.Ack(id, token)
	if eval := s.store.Snapshot().Evaluation(id); eval != nil && eval.Status == structs.EvaluationReady {
		l.broker.Enqueue(eval)
	}
}

// held finds who holds a lease, and gives them the whole time again.
func (s *Server) held(name, text string) (l *leadership, b *broker.Broker, eval string, token broker.Token, err error) {
	if l = s.leader.Load(); l == nil {
		return nil, nil, "", 0, structs.ErrNoLeader()
	}
	if b = l.outside.of(name); b == nil {
		return nil, nil, "", 0, structs.ErrNoLeader()
	}
	eval, token, ok := l.outside.readToken(text)
	if !ok || b.Extend(eval, token) != nil {
		return nil, nil, "", 0, errLeaseEnded()
	}
	return l, b, eval, token, nil
}

func errLeaseEnded() error {
	return structs.Errorf(structs.KindConflict,
		"token: the lease has ended: it was answered, its time was over, or the leader changed. Nothing was done; ask for the next evaluation.")
}

// AckLease is control's Leases.
func (s *Server) AckLease(_ context.Context, name, text string) error {
	l, b, id, token, err := s.held(name, text)
	if err != nil {
		return err
	}
	if s.lease(l, name, id, text) != nil {
		return structs.Errorf(structs.KindConflict,
			"evaluation %s is not decided: tasks have no place yet. Plan the rest, say in unplaced why it gets none, or give the evaluation back with nack.", id)
	}
	s.handBack(l, b, id, token)
	return nil
}

// NackLease is control's Leases.
func (s *Server) NackLease(_ context.Context, name, text string) error {
	_, b, id, token, err := s.held(name, text)
	if err != nil {
		return err
	}
	if b.Nack(id, token) != nil {
		return errLeaseEnded()
	}
	return nil
}
