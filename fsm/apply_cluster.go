package fsm

import (
	"slices"

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

// ensureCluster creates the cluster unless there is an ACTIVE one of that name. It restores nothing
// from a deleted one.
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

func updateCluster(tx *state.Tx, _ uint64, cmd structs.UpdateCluster) (string, error) {
	old, err := activeCluster(tx, cmd.Cluster)
	if err != nil {
		return "", err
	}
	c := *old
	if p := cmd.Providers; p != nil {
		if err := checkProviders(tx, p.Providers); err != nil {
			return "", err
		}
		for _, name := range old.CapacityProviders {
			if by := providerUser(tx, old.Name, name); by != "" && !slices.Contains(p.Providers, name) {
				return "", errProviderInUse(by)
			}
		}
		c.CapacityProviders, c.DefaultCapacityStrategy = p.Providers, p.DefaultStrategy
	}
	if cmd.Settings != nil {
		c.Settings = cmd.Settings
	}
	if cmd.Configuration != nil {
		c.Configuration = cmd.Configuration
	}
	if d := cmd.ServiceConnectDefaults; d != nil {
		if c.ServiceConnectDefaults = d; d.Namespace == "" {
			c.ServiceConnectDefaults = nil
		}
	}
	tx.PutCluster(&c)
	return c.Name, nil
}

// activeCluster returns the ACTIVE cluster with that name, or ECS's error.
func activeCluster(tx *state.Tx, name string) (*structs.Cluster, error) {
	switch c := tx.Cluster(name); {
	case c == nil:
		return nil, structs.ErrClusterNotFound()
	case c.Status != structs.ClusterActive:
		return nil, structs.ErrClusterInactive()
	default:
		return c, nil
	}
}
