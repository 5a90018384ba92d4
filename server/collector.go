package server

import (
	"context"
	"time"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/structs"
)

const (
	// collectEvery is how often the leader looks for what can be forgotten.
	collectEvery = time.Minute
	// collectLimit is how many tasks and evaluations one log entry forgets: some milliseconds'
	// work, for which others wait.
	collectLimit = 5000
)

// runCollector forgets stopped tasks and what belonged to them once TaskRetention has passed, until
// ctx ends.
func (s *Server) runCollector(ctx context.Context) {
	tick := time.NewTicker(collectEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			before := structs.TimeOf(s.clock.Now().Add(-s.config.TaskRetention))
			if err := s.collect(ctx, before); err != nil && ctx.Err() == nil {
				s.log.Warn("could not forget what ended", "error", err)
			}
		}
	}
}

// collect forgets what ended before a time, bit by bit.
func (s *Server) collect(ctx context.Context, before structs.Time) error {
	for fsm.Collectable(s.store.Snapshot(), before) {
		if _, err := s.apply(ctx, structs.Collect{Before: before, Limit: collectLimit}); err != nil {
			return err
		}
	}
	return nil
}
