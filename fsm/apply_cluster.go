package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func createCluster(tx *state.Tx, _ uint64, cmd structs.CreateCluster) (string, error) {
	if err := checkProviders(tx, cmd.Cluster.CapacityProviders); err != nil {
		return "", err
	}
	ensureCluster(tx, cmd.Cluster, cmd.Tags)
	return cmd.Cluster.Name, nil
}

// ensureCluster makes the cluster unless an ACTIVE one of that name stands. Nothing of a deleted
// one comes back.
func ensureCluster(tx *state.Tx, c structs.Cluster, tags []structs.Tag) {
	if old := tx.Cluster(c.Name); old != nil && old.Status == structs.ClusterActive {
		return
	}
	c.Status, c.DeletedAt = structs.ClusterActive, 0
	tx.PutCluster(&c)
	tx.PutTags(structs.ClusterKey(c.Name), tags)
}

func deleteCluster(tx *state.Tx, _ uint64, cmd structs.DeleteCluster) (string, error) {
	old := tx.Cluster(cmd.Cluster)
	if old == nil {
		return "", structs.ErrClusterNotFound()
	}
	if old.Status == structs.ClusterInactive {
		return old.Name, nil
	}
	for i := range tx.Instances(old.Name) {
		if i.Status != structs.InstanceInactive {
			return "", structs.Errorf(structs.KindClusterContainsContainerInstances,
				"The Cluster cannot be deleted while Container Instances are active or draining.")
		}
	}
	for j := range tx.Services(old.Name) {
		if j.Status != structs.ServiceInactive {
			return "", structs.Errorf(structs.KindClusterContainsServices, "The Cluster cannot be deleted while Services are active.")
		}
	}
	for t := range tx.Tasks(old.Name) {
		if t.Holds() {
			return "", structs.Errorf(structs.KindClusterContainsTasks, "The Cluster cannot be deleted while Tasks are active.")
		}
	}
	c := *old
	c.Status, c.DeletedAt = structs.ClusterInactive, cmd.At
	tx.PutCluster(&c)
	return c.Name, nil
}
