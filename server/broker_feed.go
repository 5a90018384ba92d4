package server

import (
	"context"

	"github.com/gantry-project/gantry/server/broker"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// brokerFeed hands the broker every evaluation that is ready now or at a set time: first those in
// state, then each as it comes.
type brokerFeed struct {
	snapshot  func() *state.Snapshot
	subscribe func(...state.Topic) *state.Subscription
	broker    *broker.Broker
}

// Run feeds the broker until ctx ends, then closes it.
func (f *brokerFeed) Run(ctx context.Context) error {
	defer f.broker.Close()
	sub := f.subscribe(state.Topic{Kind: state.TopicEvaluations})
	defer sub.Close()
	f.enqueueAll()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-sub.C:
		}
		changes, resync := sub.Take()
		if resync {
			f.enqueueAll()
		}
		for _, change := range changes {
			e := change.Row.(*structs.Evaluation)
			if e.Status == structs.EvaluationReady && !change.Removed {
				f.broker.Enqueue(e)
			} else {
				f.broker.Forget(e.ID)
			}
		}
	}
}

func (f *brokerFeed) enqueueAll() {
	for e := range f.snapshot().Evaluations() {
		if e.Status == structs.EvaluationReady {
			f.broker.Enqueue(e)
		}
	}
}
