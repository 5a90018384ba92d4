package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func registerInstance(tx *state.Tx, _ uint64, cmd structs.RegisterInstance) (string, error) {
	i := cmd.Instance
	old := tx.Instance(i.ID)
	if old != nil && old.Cluster != i.Cluster {
		return "", structs.Errorf(structs.KindClient,
			"Container instance %s is registered in cluster %s and cannot move to cluster %s; give the agent a new data directory to register it anew.",
			i.ID, old.Cluster, i.Cluster)
	}
	ensureCluster(tx, structs.Cluster{Name: i.Cluster, CreatedAt: i.RegisteredAt}, nil)
	i.Status, i.Version = structs.InstanceActive, 1
	if old != nil {
		i.RegisteredAt, i.Version = old.RegisteredAt, old.Version+1
		if old.Status != structs.InstanceInactive {
			i.Status = old.Status // one that drains goes on draining
		}
	} else {
		tx.PutTags(instanceKey(i.Cluster, i.ID), cmd.Tags)
	}
	tx.PutInstance(&i)
	return i.ID, nil
}

func setAgentConnected(tx *state.Tx, _ uint64, cmd structs.SetAgentConnected) (string, error) {
	for _, id := range cmd.Instances {
		old := tx.Instance(id)
		if old == nil || old.AgentConnected == cmd.Connected {
			continue
		}
		i := *old
		i.AgentConnected = cmd.Connected
		i.Version++
		tx.PutInstance(&i)
	}
	return "", nil
}
