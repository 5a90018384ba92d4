package server

import (
	"context"
	"log/slog"
	"maps"
	"time"

	"github.com/gantry-project/gantry/server/liveness"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

const (
	// leaseCheck is the least time between two looks of the leader for leases that have run out:
	// what is lost at nearly the same time, as in a zone, is one entry of the log, and replaced in
	// the order of priority.
	leaseCheck = 100 * time.Millisecond
	// leaseRetry is how long after a verdict that could not be written the leader looks again.
	leaseRetry = 100 * time.Millisecond
)

// agentLeases writes to the log which instances are lost and which are back, by the beats of their
// agents. It lives as long as one leadership.
type agentLeases struct {
	snapshot  func() *state.Snapshot
	subscribe func(...state.Topic) *state.Subscription
	apply     func(context.Context, structs.Command) (structs.Applied, error)
	// ask asks agents by gossip whether they are there (liveness.NewWitness).
	ask func(instances []string, answered func(instance string))
	now func() structs.Time
	log *slog.Logger

	tracker  *liveness.Tracker
	judgeNow chan struct{} // capacity 1
}

func newAgentLeases(l *agentLeases) *agentLeases {
	l.tracker, l.judgeNow = liveness.New(time.Now()), make(chan struct{}, 1)
	return l
}

// hear takes in beats.
func (l *agentLeases) hear(beats map[string]time.Time) {
	for instance, at := range beats {
		if l.tracker.Seen(instance, at) {
			select {
			case l.judgeNow <- struct{}{}:
			default: // asked for already
			}
		}
	}
}

// Run writes to the log which instances are lost, which are back and which take work again,
// while this server leads. It looks when beats of silent ones come, when instances change, and when
// the first lease or wait runs out.
func (l *agentLeases) Run(ctx context.Context) error {
	changes := l.subscribe(state.Topic{Kind: state.TopicInstances})
	defer changes.Close()
	witness := liveness.NewWitness(l.ask)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-l.judgeNow:
		case <-changes.C:
			changes.Take()
		}
		now := time.Now()
		v := l.tracker.Judge(now, l.snapshot().AllInstances(), func(instance string) bool { return witness.Heard(now, instance) })
		witness.Ask(now, v.Doubt)
		for connected, instances := range maps.All(map[bool][]string{false: v.Lost, true: v.Back}) {
			if len(instances) == 0 {
				continue
			}
			if !connected {
				l.log.Warn("container instances are lost: their leases have run out", "instances", instances)
			}
			if _, err := l.apply(ctx, structs.SetAgentConnected{Instances: instances, Connected: connected, At: l.now()}); err != nil {
				l.log.Warn("could not record which agents are connected; trying again", "error", err)
				v.Next = time.Now().Add(leaseRetry)
			}
		}
		if next := l.release(ctx); next.Before(v.Next) {
			v.Next = next
		}
		timer.Reset(max(time.Until(v.Next), leaseCheck))
	}
}

// release lets the instances take work whose wait after losses in a row is over, and gives when to
// look again.
func (l *agentLeases) release(ctx context.Context) (next time.Time) {
	now, began := l.now(), time.Now()
	next = began.Add(structs.AgentLease)
	var due []string
	for i := range l.snapshot().AllInstances() {
		switch left := time.Duration(i.HeldUntil-now) * time.Millisecond; {
		case i.HeldUntil == 0:
		case left <= 0:
			due = append(due, i.ID)
		case began.Add(left).Before(next):
			next = began.Add(left)
		}
	}
	if len(due) == 0 {
		return next
	}
	if _, err := l.apply(ctx, structs.ReleaseInstances{Instances: due, At: now}); err != nil {
		l.log.Warn("could not let instances take work again; trying again", "instances", due, "error", err)
		return began.Add(leaseRetry)
	}
	l.log.Info("instances take work again, which waited for being lost again and again", "instances", due)
	return next
}
