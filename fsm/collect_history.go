package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// maxHistory is the number of versions, and of deployments, that a service keeps.
const maxHistory = 100

// addHistory adds all versions and deployments of a service that is removed, or the oldest beyond
// maxHistory of one that stays. It never adds those that the service still needs: deployments that
// are not INACTIVE, the last completed one, to which a rollback would return, and the versions of
// these.
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

// lastCompleted returns the newest completed deployment, or nil if there is none.
func lastCompleted(deployments []*structs.Deployment) (last *structs.Deployment) {
	for _, d := range deployments {
		if d.Rollout == structs.RolloutCompleted {
			last = d
		}
	}
	return last
}
