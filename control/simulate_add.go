package control

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// addedInstances returns the instances that a scenario adds.
func (c *Control) addedInstances(snap *state.Snapshot, in *structs.Scenario) (added []structs.ContainerInstance, err error) {
	for n := range in.Add {
		a, field := &in.Add[n], fmt.Sprintf("add[%d]", n)
		if a.Count < 1 || a.Count > maxAdded-len(added) {
			return nil, structs.Errorf(structs.KindInvalidParameter, "%s.count: must be from 1 to %d in all, not %d", field, maxAdded, a.Count)
		}
		model, err := modelInstance(snap, in.Cluster, field, a)
		if err != nil {
			return nil, err
		}
		for range a.Count {
			model.ID, model.Name = c.config.NewID(), fmt.Sprintf("added-%d", len(added)+1)
			added = append(added, model)
		}
	}
	return added, nil
}

// modelInstance returns the common properties of the instances of one addition.
func modelInstance(snap *state.Snapshot, cluster, field string, a *structs.AddedInstances) (structs.ContainerInstance, error) {
	m := structs.ContainerInstance{Cluster: cluster, Attributes: []structs.Attribute{{Name: "ecs.os-type", Value: "linux"}}}
	m.Network.Asks = true // it is assumed to be able to run awsvpc tasks, if no other resembles it
	if a.Like != "" {
		like, err := resolveInstance(snap, cluster, field+".like", a.Like)
		if err != nil {
			return m, err
		}
		m.Zone, m.Registered, m.GPUs, m.VersionInfo, m.Custom = like.Zone, like.Registered, like.GPUs, like.VersionInfo, like.Custom
		m.Attributes = slices.Clone(like.Attributes)
		m.Network = structs.InstanceNetwork{Asks: like.Network.Asks, Problem: like.Network.Problem}
	}
	m.Zone = cmp.Or(a.Zone, m.Zone)
	m.Registered.CPU = cmp.Or(a.CPU, m.Registered.CPU)
	m.Registered.Memory = cmp.Or(a.Memory, m.Registered.Memory)
	if m.Registered.CPU < 1 || m.Registered.Memory < 1 {
		return m, structs.Errorf(structs.KindInvalidParameter,
			"%s: give like, an instance that the new ones resemble, or cpu (units, 1024 to a core) and memory (MiB), both more than 0", field)
	}
	over := a.Attributes
	if m.Zone != "" {
		over = append(slices.Clone(over), structs.Attribute{Name: structs.AttributeZone, Value: m.Zone})
	}
	for _, o := range over {
		same := func(x structs.Attribute) bool { return x.Name == o.Name }
		m.Attributes = append(slices.DeleteFunc(m.Attributes, same), o)
		m.Custom = slices.DeleteFunc(slices.Clone(m.Custom), same)
	}
	return m, nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
