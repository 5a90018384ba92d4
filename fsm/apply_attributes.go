package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putAttributes(tx *state.Tx, index uint64, cmd structs.PutAttributes) (string, error) {
	var changed []*structs.ContainerInstance
	for _, a := range cmd.Attributes {
		old := tx.Instance(a.Instance)
		if old == nil || old.Cluster != cmd.Cluster || old.Status == structs.InstanceInactive {
			return "", structs.ErrTargetNotFound(a.Instance, cmd.Cluster)
		}
		custom := withAttribute(old.Custom, a.Attribute)
		if len(custom) > structs.MaxCustomAttributes {
			return "", structs.Errorf(structs.KindAttributeLimitExceeded, "Container instance %s can have at most %d custom attributes.",
				old.ID, structs.MaxCustomAttributes)
		}
		changed = putCustom(tx, changed, old, custom)
	}
	instancesChanged(tx, index, cmd.At, changed)
	return "", nil
}

// deleteAttributes matches only names: control has checked the values.
func deleteAttributes(tx *state.Tx, index uint64, cmd structs.DeleteAttributes) (string, error) {
	var changed []*structs.ContainerInstance
	for _, a := range cmd.Attributes {
		old := tx.Instance(a.Instance)
		if old == nil || old.Cluster != cmd.Cluster {
			continue
		}
		left := slices.DeleteFunc(slices.Clone(old.Custom), func(c structs.Attribute) bool { return c.Name == a.Attribute.Name })
		changed = putCustom(tx, changed, old, left)
	}
	instancesChanged(tx, index, cmd.At, changed)
	return "", nil
}

// withAttribute returns the attributes with one added or replaced.
func withAttribute(attributes []structs.Attribute, a structs.Attribute) []structs.Attribute {
	attributes = slices.Clone(attributes)
	if n := slices.IndexFunc(attributes, func(c structs.Attribute) bool { return c.Name == a.Name }); n >= 0 {
		attributes[n] = a
		return attributes
	}
	return append(attributes, a)
}

// putCustom puts an instance with new custom attributes, and appends it to the changed instances.
func putCustom(tx *state.Tx, changed []*structs.ContainerInstance, old *structs.ContainerInstance, custom []structs.Attribute) []*structs.ContainerInstance {
	if slices.Equal(old.Custom, custom) {
		return changed
	}
	i := *old
	i.Custom = custom
	i.Version++
	tx.PutInstance(&i)
	return append(changed, &i)
}
