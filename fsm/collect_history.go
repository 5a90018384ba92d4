package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// maxHistory is how many versions and how many deployments are kept of a service that stays.
const maxHistory = 100

// addHistory adds the versions and deployments of a service that goes, and of one that stays the
// oldest beyond maxHistory. Those stay in any case that the service still works with: deployments
// that are not INACTIVE, the last completed one, which a rollback comes back to, and the versions
// of those that stay.
func (g *garbage) addHistory(snap *state.Snapshot, j *structs.Job, gone bool, definitions map[string]bool) {
	deployments, versions := slices.Collect(snap.Deployments(j.ID)), slices.Collect(snap.JobVersions(j.ID))
	if gone {
		g.deployments, g.versions = append(g.deployments, deployments...), append(g.versions, versions...)
		return
	}
	completed := lastCompleted(deployments)
	needed := map[int]bool{}
	for n, d := range deployments {
		if n < len(deployments)-maxHistory && d.Status == structs.DeploymentInactive && d != completed {
			g.deployments = append(g.deployments, d)
		} else {
			needed[d.JobVersion] = true
			delete(definitions, d.TaskDefinition)
		}
	}
	for n, v := range versions {
		if n < len(versions)-maxHistory && !needed[v.Version] {
			g.versions = append(g.versions, v)
		}
	}
}

// lastCompleted gives the newest deployment that was completed, nil when none was.
func lastCompleted(deployments []*structs.Deployment) (last *structs.Deployment) {
	for _, d := range deployments {
		if d.Rollout == structs.RolloutCompleted {
			last = d
		}
	}
	return last
}
