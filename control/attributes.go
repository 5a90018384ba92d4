package control

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// PutAttributes sets custom attributes of instances of a cluster, all or none. An attribute that
// exists gets the new value.
func (c *Control) PutAttributes(ctx context.Context, cluster string, attributes []structs.InstanceAttribute) error {
	snap, err := c.Read(ctx)
	if err != nil {
		return err
	}
	if _, err := activeCluster(snap, cluster); err != nil {
		return err
	}
	for _, a := range attributes {
		if err := a.Attribute.Validate(); err != nil {
			return err
		}
		if i := snap.Instance(a.Instance); i != nil && hasAttribute(i.Attributes, a.Attribute.Name) {
			return structs.Errorf(structs.KindInvalidParameter, "Attribute %s of container instance %s is set by its agent.", a.Attribute.Name, i.ID)
		}
	}
	// Only fsm knows what exists at that moment. It refuses missing targets and attributes over the
	// limit.
	_, err = c.config.Log.Apply(ctx, structs.PutAttributes{Cluster: cluster, Attributes: attributes, At: c.Now()})
	return err
}

// DeleteAttributes removes custom attributes and returns those that existed. If a value is given,
// an attribute is removed only if it has that value.
func (c *Control) DeleteAttributes(ctx context.Context, cluster string, attributes []structs.InstanceAttribute) ([]structs.InstanceAttribute, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := activeCluster(snap, cluster); err != nil {
		return nil, err
	}
	var deleted []structs.InstanceAttribute
	for _, a := range attributes {
		i, err := attributeTarget(snap, cluster, a.Instance)
		if err != nil {
			return nil, err
		}
		for _, has := range i.Custom {
			if has.Name == a.Attribute.Name && (a.Attribute.Value == "" || a.Attribute.Value == has.Value) {
				deleted = append(deleted, structs.InstanceAttribute{Instance: i.ID, Attribute: has})
			}
		}
	}
	if len(deleted) == 0 {
		return nil, nil
	}
	_, err = c.config.Log.Apply(ctx, structs.DeleteAttributes{Cluster: cluster, Attributes: deleted, At: c.Now()})
	return deleted, err
}

// attributeTarget returns the instance of an attribute. Deregistered instances cannot have any.
func attributeTarget(snap *state.Snapshot, cluster, id string) (*structs.ContainerInstance, error) {
	i := snap.Instance(id)
	if i == nil || i.Cluster != cluster || i.Status == structs.InstanceInactive {
		return nil, structs.ErrTargetNotFound(id, cluster)
	}
	return i, nil
}

func hasAttribute(list []structs.Attribute, name string) bool {
	return slices.ContainsFunc(list, func(a structs.Attribute) bool { return a.Name == name })
}
