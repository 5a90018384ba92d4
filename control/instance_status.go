package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// InstanceFailure is a container instance on which a call failed, and ECS's reason.
type InstanceFailure struct {
	Instance string // as named by the caller
	Reason   string // structs.FailMissing or structs.FailInactive
}

// SetInstanceStatus makes instances ACTIVE or DRAINING. DRAINING ones get no new tasks, and
// services move their tasks away. Tasks without a service stay (ECS).
func (c *Control) SetInstanceStatus(ctx context.Context, cluster string, ids []string, status string) ([]*structs.ContainerInstance, []InstanceFailure, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, nil, err
	}
	if _, err := activeCluster(snap, cluster); err != nil {
		return nil, nil, err
	}
	var known []string
	var failures []InstanceFailure
	for _, id := range ids {
		switch i := snap.Instance(id); {
		case i == nil || i.Cluster != cluster:
			failures = append(failures, InstanceFailure{Instance: id, Reason: structs.FailMissing})
		case i.Status == structs.InstanceInactive:
			failures = append(failures, InstanceFailure{Instance: id, Reason: structs.FailInactive})
		default:
			known = append(known, id)
		}
	}
	if len(known) == 0 {
		return nil, failures, nil
	}
	if _, err := c.config.Log.Apply(ctx, structs.SetInstanceStatus{Instances: known, Status: status, At: c.Now()}); err != nil {
		return nil, nil, err
	}
	snap = c.config.Store.Snapshot()
	var set []*structs.ContainerInstance
	for _, id := range known {
		set = append(set, snap.Instance(id))
	}
	return set, failures, nil
}
