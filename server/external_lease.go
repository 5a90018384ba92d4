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

// next waits for an evaluation of a scheduler's jobs with tasks to place. It returns nil if none
// comes before ctx ends.
func (e *externalSchedulers) next(ctx context.Context, name string) (*structs.Lease, error) {
	for {
		b := e.of(name)
		if b == nil {
			return nil, structs.ErrNoLeader()
		}
		eval, token, err := b.Dequeue(ctx)
		switch {
		case errors.Is(err, broker.ErrClosed):
			return nil, structs.ErrNoLeader()
		case err != nil:
			return nil, nil // ctx has ended
		}
		if lease := e.lease(name, eval.ID, e.leaseToken(eval.ID, token)); lease != nil {
			return lease, nil
		}
		e.handBack(b, eval.ID, token)
	}
}

// lease returns what an evaluation now asks of its job's scheduler; nil if nothing.
func (e *externalSchedulers) lease(name, id, token string) (lease *structs.Lease) {
	snap := e.snapshot()
	eval := snap.Evaluation(id)
	if !asksExternal(snap, eval, name) {
		return nil
	}
	scheduler.Schedule(scheduler.Input{
		View: snap, Evaluation: eval, Now: e.now(),
		Placer: func(o *place.Offer) {
			if lease == nil {
				lease = newLease(snap, eval, o)
				lease.Token = token
			}
		},
	})
	return lease
}

// asksExternal reports whether an evaluation is still to be decided, and by the scheduler with that
// name.
func asksExternal(snap *state.Snapshot, eval *structs.Evaluation, name string) bool {
	if eval == nil || eval.Status != structs.EvaluationReady {
		return false
	}
	return externalScheduler(snap, eval) == name
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

// handBack ends a lease that no longer asks anything of the external scheduler. Our workers decide
// the rest.
func (e *externalSchedulers) handBack(b *broker.Broker, id string, token broker.Token) {
	b.Ack(id, token)
	if eval := e.snapshot().Evaluation(id); eval != nil && eval.Status == structs.EvaluationReady {
		e.decide(eval)
	}
}

// held returns the evaluation that a lease holds, and renews the lease.
func (e *externalSchedulers) held(name, text string) (b *broker.Broker, eval string, token broker.Token, err error) {
	if b = e.of(name); b == nil {
		return nil, "", 0, structs.ErrNoLeader()
	}
	eval, token, ok := e.readToken(text)
	if !ok || b.Extend(eval, token) != nil {
		return nil, "", 0, errLeaseEnded()
	}
	return b, eval, token, nil
}

func errLeaseEnded() error {
	return structs.Errorf(structs.KindConflict,
		"token: the lease has ended: it was answered, its time was over, or the leader changed. "+
			"Nothing was done; ask for the next evaluation.")
}

// ack ends a lease whose evaluation is decided.
func (e *externalSchedulers) ack(name, text string) error {
	b, id, token, err := e.held(name, text)
	if err != nil {
		return err
	}
	if e.lease(name, id, text) != nil {
		return structs.Errorf(structs.KindConflict,
			"evaluation %s is not decided: tasks have no place yet. Plan the rest, say in unplaced why it gets none, "+
				"or give the evaluation back with nack.", id)
	}
	e.handBack(b, id, token)
	return nil
}

// nack ends a lease and gives the evaluation back.
func (e *externalSchedulers) nack(name, text string) error {
	b, id, token, err := e.held(name, text)
	if err != nil {
		return err
	}
	if b.Nack(id, token) != nil {
		return errLeaseEnded()
	}
	return nil
}
