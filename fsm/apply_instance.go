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
			"Container instance %s is registered in cluster %s and cannot move to cluster %s; give the agent a new data directory to register it as a new one.",
			i.ID, old.Cluster, i.Cluster)
	}
	ensureCluster(tx, structs.Cluster{Name: i.Cluster, CreatedAt: i.RegisteredAt}, nil)
	i.Status, i.Version = structs.InstanceActive, 1
	said, remembered := i.Runtime, i.Network.Block
	i.Network.Block = ""
	i.Runtime, i.ConnectionChangedAt, i.Losses, i.HeldUntil = structs.RuntimeHealth{}, 0, 0, 0
	if old != nil {
		i.RegisteredAt, i.Version, i.Custom = old.RegisteredAt, old.Version+1, old.Custom
		i.Network.Block = old.Network.Block
		if old.Status != structs.InstanceInactive {
			i.Status = old.Status // a DRAINING instance stays DRAINING
			// an agent that starts again still has its lease
			i.AgentConnected = old.AgentConnected
			i.Runtime, i.ConnectionChangedAt, i.Losses, i.HeldUntil = old.Runtime, old.ConnectionChangedAt, old.Losses, old.HeldUntil
		}
	} else {
		tx.PutTags(structs.InstanceKey(i.Cluster, i.ID), cmd.Tags)
	}
	i.SetRuntime(said, at)
	giveBlock(tx, index, at, &i, remembered, cmd.TaskNetwork)
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
		i.Damp(cmd.At)
		i.Version++
		tx.PutInstance(&i)
		changed = append(changed, &i)
	}
	instancesChanged(tx, index, cmd.At, changed)
	return "", nil
}

func setRuntimeHealth(tx *state.Tx, index uint64, cmd structs.SetRuntimeHealth) (string, error) {
	old := tx.Instance(cmd.Instance)
	if old == nil {
		return "", structs.ErrInstanceNotRegistered(cmd.Instance)
	}
	i := *old
	i.SetRuntime(cmd.Health, cmd.At)
	i.Version++
	tx.PutInstance(&i)
	instancesChanged(tx, index, cmd.At, []*structs.ContainerInstance{&i})
	return "", nil
}

func releaseInstances(tx *state.Tx, index uint64, cmd structs.ReleaseInstances) (string, error) {
	var changed []*structs.ContainerInstance
	for _, id := range cmd.Instances {
		old := tx.Instance(id)
		if old == nil || old.HeldUntil == 0 || old.HeldUntil > cmd.At {
			continue
		}
		i := *old
		i.HeldUntil = 0
		i.Version++
		tx.PutInstance(&i)
		changed = append(changed, &i)
	}
	instancesChanged(tx, index, cmd.At, changed)
	return "", nil
}

// instancesChanged wakes the services that a change of instances affects, calls evaluations that
// wait for room, and ends the tasks of INACTIVE instances.
func instancesChanged(tx *state.Tx, index uint64, at structs.Time, changed []*structs.ContainerInstance) {
	wakeInstances(tx, index, at, changed)
	for _, i := range changed {
		if i.Status == structs.InstanceInactive {
			endTasks(tx, index, i, at)
		}
		if i.TakesTasks() {
			unblock(tx, index, i)
		} else {
			callPreempting(tx, index, i.Cluster)
		}
	}
}
