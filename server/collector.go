package server

import (
	"context"
	"time"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/structs"
)

// collectEvery is how often the leader looks for what can be forgotten.
const collectEvery = time.Minute

// runCollector forgets stopped tasks and what belonged to them once TaskRetention has passed, until ctx ends.
func (s *Server) runCollector(ctx context.Context) {
	tick := time.NewTicker(collectEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			before := structs.TimeOf(now.Add(-s.config.TaskRetention))
			if !fsm.Collectable(s.store.Snapshot(), before) {
				continue
			}
			if _, err := s.apply(ctx, structs.Collect{Before: before}); err != nil && ctx.Err() == nil {
				s.log.Warn("could not forget what ended", "error", err)
			}
		}
	}
}
