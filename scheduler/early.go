package scheduler

import (
	"fmt"

	"github.com/gantry-project/gantry/structs"
)

// succeedEarly records that enough tasks of a rolling deployment are healthy for it to count as
// successful (ECS: earlySuccessCriteria). Then failed tasks roll it back no more, the tasks of
// earlier deployments go, and what it still lacks is started like tasks of a service that was
// scaled. It is complete at once, or once the others are gone.
func (s *service) succeedEarly() {
	early := s.job.Service.Update.Early
	if early == nil || s.ofSet || s.primary.EarlyAt != 0 || s.primary.Rollout != structs.RolloutInProgress || s.primary.Stage != "" {
		return
	}
	healthy := len(s.fleet.current.healthy)
	if healthy < early.Needs(s.count) || healthy >= s.count {
		return
	}
	s.primary.EarlyAt = s.in.Now
	s.put(s.primary)
	s.tell(fmt.Sprintf("(deployment %s) met its early success criteria: %d of %d tasks are healthy.", s.primary.ID, healthy, s.count))
	if early.Cleanup == structs.CleanupDeferred {
		s.complete()
	}
}

// clearEarlier stops the tasks of earlier deployments after an early success, down to the minimum
// that must stay healthy.
func (s *service) clearEarlier() {
	if s.primary.EarlyAt != 0 {
		s.makeWay(len(s.fleet.old.healthy))
	}
}

// complete ends the rollout of the primary with success.
func (s *service) complete() {
	s.primary.Rollout, s.primary.FinishedAt = structs.RolloutCompleted, s.in.Now
	s.primary.RolloutReason = "ECS deployment " + s.primary.ID + " completed."
	s.put(s.primary)
	s.tell("(deployment " + s.primary.ID + ") deployment completed.")
}
