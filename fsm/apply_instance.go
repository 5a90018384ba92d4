package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func registerInstance(tx *state.Tx, index uint64, cmd structs.RegisterInstance) (string, error) {
	i, at := cmd.Instance, cmd.Instance.RegisteredAt
	old := tx.Instance(i.ID)
	if old != nil && old.Cluster != i.Cluster {
		return "", structs.Errorf(structs.KindClient,
			"Container instance %s is registered in cluster %s and cannot move to cluster %s; give the agent a new data directory to register it anew.",
			i.ID, old.Cluster, i.Cluster)
	}
	ensureCluster(tx, structs.Cluster{Name: i.Cluster, CreatedAt: i.RegisteredAt}, nil)
	i.Status, i.Version = structs.InstanceActive, 1
	if old != nil {
		i.RegisteredAt, i.Version, i.Custom = old.RegisteredAt, old.Version+1, old.Custom
		if old.Status != structs.InstanceInactive {
			i.Status = old.Status                 // one that drains goes on draining
			i.AgentConnected = old.AgentConnected // and an agent that starts again has its lease still
		}
	} else {
		tx.PutTags(instanceKey(i.Cluster, i.ID), cmd.Tags)
	}
	tx.PutInstance(&i)
	instancesChanged(tx, index, at, []*structs.ContainerInstance{&i})
	return i.ID, nil
}

func setAgentConnected(tx *state.Tx, index uint64, cmd structs.SetAgentConnected) (string, error) {
	var changed []*structs.ContainerInstance
	for _, id := range cmd.Instances {
		old := tx.Instance(id)
		if old == nil || old.AgentConnected == cmd.Connected {
			continue
		}
		i := *old
		i.AgentConnected = cmd.Connected
		i.Version++
		tx.PutInstance(&i)
		changed = append(changed, &i)
	}
	instancesChanged(tx, index, cmd.At, changed)
	return "", nil
}

// instancesChanged lets services act on a change of instances, and those that wait for room try again. An INACTIVE instance
// keeps no tasks.
func instancesChanged(tx *state.Tx, index uint64, at structs.Time, changed []*structs.ContainerInstance) {
	wakeInstances(tx, index, at, changed)
	for _, i := range changed {
		switch {
		case i.Status == structs.InstanceInactive:
			endTasks(tx, i, at)
		case i.Status == structs.InstanceActive && i.AgentConnected:
			unblock(tx, index, i)
		}
	}
}
