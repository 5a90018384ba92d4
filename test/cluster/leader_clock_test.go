package cluster

import (
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// TestLeadersClockWasAhead: what a leader decided whose clock was far ahead does not have to wait
// for that time under the next leader. A service is still updated.
func TestLeadersClockWasAhead(t *testing.T) {
	inCluster(t, func(t *testing.T, s *servers) {
		leader := s.Leader()
		s.SetClock(s.Host(leader), 24*time.Hour)
		roll := func() {
			s.must("the service is to be rolled", func(c *control.Control) error {
				_, err := c.UpdateService(t.Context(), control.UpdateServiceInput{Cluster: structs.DefaultCluster, Name: "web", ForceNewDeployment: true})
				return err
			})
		}
		roll()
		time.Sleep(time.Second) // its new tasks are to have run for a second
		s.Crash(leader)
		roll()
		began := time.Now()
		s.Eventually("the service is rolled", func() bool {
			leader := s.Leader()
			if leader == 0 {
				return false
			}
			snap := testutil.StateOf(t, s.Control(leader))
			job := snap.Service(structs.DefaultCluster, "web")
			for d := range snap.Deployments(job.ID) {
				if d.Status == structs.DeploymentPrimary {
					return d.Rollout == structs.RolloutCompleted && total(s.up()) == 6
				}
			}
			return false
		})
		t.Logf("it took %s", time.Since(began))
	})
}
