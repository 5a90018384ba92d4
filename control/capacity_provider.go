package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// CreateCapacityProvider creates a capacity provider for a group of machines. Missing fields get
// ECS's defaults.
func (c *Control) CreateCapacityProvider(ctx context.Context, name string, group *structs.AutoScalingGroupProvider, tags []structs.Tag) (*structs.CapacityProvider, error) {
	p := structs.CapacityProvider{
		Name: name, Type: structs.ProviderAutoScaling, Status: structs.ProviderActive, AutoScalingGroup: group,
		UpdateStatus: structs.ProviderCreateComplete, CreatedAt: c.Now(),
	}
	return c.putCapacityProvider(ctx, structs.PutCapacityProvider{Provider: p, Create: true, Tags: tags})
}

// UpdateCapacityProvider changes a capacity provider's group of machines. Missing fields are left
// unchanged.
func (c *Control) UpdateCapacityProvider(ctx context.Context, name string, change structs.AutoScalingGroupProvider) (*structs.CapacityProvider, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	p := structs.CapacityProvider{Name: name}
	if old := snap.CapacityProvider(name); old != nil {
		p = *old
	}
	// either it cannot be changed or it does not exist: fsm decides which
	if p.AutoScalingGroup == nil {
		return c.putCapacityProvider(ctx, structs.PutCapacityProvider{Provider: p})
	}
	group := *p.AutoScalingGroup
	set(&group.ManagedDraining, given(change.ManagedDraining))
	set(&group.ManagedTerminationProtection, given(change.ManagedTerminationProtection))
	if to := change.ManagedScaling; to != nil {
		scaling := *group.ManagedScaling
		set(&scaling.Status, given(to.Status))
		set(&scaling.TargetCapacity, optional(to.TargetCapacity))
		set(&scaling.MinimumScalingStepSize, optional(to.MinimumScalingStepSize))
		set(&scaling.MaximumScalingStepSize, optional(to.MaximumScalingStepSize))
		set(&scaling.InstanceWarmupPeriod, optional(to.InstanceWarmupPeriod))
		group.ManagedScaling = &scaling
	}
	p.AutoScalingGroup, p.UpdateStatus = &group, structs.ProviderUpdateComplete
	return c.putCapacityProvider(ctx, structs.PutCapacityProvider{Provider: p})
}

// given reports whether a text is present and not empty.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// optional calls set with a pointer's value if it is not nil.
func optional[T any](p *T) **T {
	if p == nil {
		return nil
	}
	return &p
}

func (c *Control) putCapacityProvider(ctx context.Context, cmd structs.PutCapacityProvider) (*structs.CapacityProvider, error) {
	if p := &cmd.Provider; p.AutoScalingGroup != nil {
		group := *p.AutoScalingGroup
		group.Normalize()
		p.AutoScalingGroup = &group
	}
	if cmd.Create || cmd.Provider.AutoScalingGroup != nil {
		if err := cmd.Provider.Validate(); err != nil {
			return nil, err
		}
	}
	if _, err := c.config.Log.Apply(ctx, cmd); err != nil {
		return nil, err
	}
	return c.config.Store.Snapshot().CapacityProvider(cmd.Provider.Name), nil
}

// DeleteCapacityProvider makes a capacity provider INACTIVE. No cluster may be using it.
func (c *Control) DeleteCapacityProvider(ctx context.Context, name string) (*structs.CapacityProvider, error) {
	if _, err := c.config.Log.Apply(ctx, structs.DeleteCapacityProvider{Provider: name, At: c.Now()}); err != nil {
		return nil, err
	}
	return c.config.Store.Snapshot().CapacityProvider(name), nil
}
