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
	// leaseCheck is the minimum time between two checks for expired leases. Instances that are lost
	// at nearly the same time, as in a zone, thus share one log entry, and their tasks are replaced
	// in order of priority.
	leaseCheck = 100 * time.Millisecond
	// leaseRetry is how soon the leader checks again after a verdict that could not be written.
	leaseRetry = 100 * time.Millisecond
)

// agentLeases records in the log which instances are lost and which are back, judging by the beats
// of their agents. It lives as long as one leadership.
type agentLeases struct {
	snapshot  func() *state.Snapshot
	subscribe func(...state.Topic) *state.Subscription
	apply     func(context.Context, structs.Command) (structs.Applied, error)
	// ask asks agents by gossip whether they are there (liveness.NewWitness). Nil without gossip.
	ask func(instances []string, answered func(instance string))
	now func() structs.Time
	log *slog.Logger

	tracker  *liveness.Tracker
	judgeNow chan struct{} // capacity 1
}

func newAgentLeases(l *agentLeases) *agentLeases {
	l.tracker, l.judgeNow = liveness.New(time.Now()), make(chan struct{}, 1)
	if l.ask == nil {
		l.ask = func([]string, func(string)) {}
	}
	return l
}

// hear receives beats.
func (l *agentLeases) hear(beats map[string]time.Time) {
	for instance, at := range beats {
		if l.tracker.Seen(instance, at) {
			select {
			case l.judgeNow <- struct{}{}:
			default: // already requested
			}
		}
	}
}

// Run records in the log which instances are lost, are back or take work again, until ctx ends. It
// checks when a silent agent beats, when instances change, and when the first lease or wait runs
// out.
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
		next := l.judge(ctx, witness)
		if released := l.release(ctx); released.Before(next) {
			next = released
		}
		timer.Reset(max(time.Until(next), leaseCheck))
	}
}

// judge records which instances are lost and which are back. It returns when to check again.
func (l *agentLeases) judge(ctx context.Context, witness *liveness.Witness) (next time.Time) {
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
		change := structs.SetAgentConnected{Instances: instances, Connected: connected, At: l.now()}
		if _, err := l.apply(ctx, change); err != nil {
			l.log.Warn("could not record which agents are connected; trying again", "error", err)
			v.Next = time.Now().Add(leaseRetry)
		}
	}
	return v.Next
}

// release lets instances whose wait after repeated losses is over take work again. It returns when
// to check again.
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
	l.log.Info("instances that were held back after repeated losses take work again", "instances", due)
	return next
}
