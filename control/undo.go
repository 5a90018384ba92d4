package control

import (
	"context"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Undo takes a service back to its last version that ran other tasks than the present one: a
// deployment of that version's settings, with the present count. Versions whose deployment failed
// are passed over. Undo again goes forward again, as the version that was undone then is the last
// one.
func (c *Control) Undo(ctx context.Context, cluster, name string) (*structs.Deployed, error) {
	var undone, restored int
	out, err := c.deployAs(ctx, func(snap *state.Snapshot) (*structs.JobSpec, error) {
		present, err := activeService(snap, cluster, name)
		if err != nil {
			return nil, err
		}
		if present.External() {
			return nil, structs.Errorf(structs.KindConflict, "service %s has the deployment controller EXTERNAL; whoever controls it goes back", name)
		}
		before := versionBefore(snap, present)
		if before == nil {
			return nil, structs.Errorf(structs.KindConflict, "service %s has no earlier version that ran other tasks, so there is nothing to go back to", name)
		}
		undone, restored = present.Version, before.Version
		spec := specAt(snap, before)
		if spec.Count != nil {
			spec.Count = new(present.Count)
		}
		return spec, nil
	}, false)
	if err != nil {
		return nil, err
	}
	out.Undone, out.RestoredOf = undone, restored
	return out, nil
}

// versionBefore returns the newest version of a service that asks for other tasks than the present
// one, has a definition still, and did not fail; nil if there is none.
func versionBefore(snap *state.Snapshot, present *structs.Job) *structs.Job {
	failed := map[int]bool{}
	for d := range snap.Deployments(present.ID) {
		if d.Rollout == structs.RolloutFailed {
			failed[d.JobVersion] = true
		}
	}
	var found *structs.Job
	for v := range snap.JobVersions(present.ID) { // oldest first
		if v.Version < present.Version && v.Status == structs.ServiceActive && !failed[v.Version] && !v.SameTasks(present) &&
			snap.TaskDefinition(v.TaskDefinition) != nil {
			found = v
		}
	}
	return found
}
