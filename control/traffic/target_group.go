package traffic

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// CreateTargetGroup adds a target group. If there is one of its name with the same settings, that
// one is the answer; with other settings the error is of KindDuplicateTargetGroup.
func (t *Traffic) CreateTargetGroup(ctx context.Context, g structs.TargetGroup, tags []structs.Tag) (*structs.TargetGroup, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	snap, err := t.Read(ctx)
	if err != nil {
		return nil, err
	}
	if old := snap.TargetGroupNamed(g.Name); old == nil && count(snap.TargetGroups()) >= structs.MaxTargetGroups {
		return nil, structs.Errorf(structs.KindTooManyTargetGroups, "The limit of %d target groups has been reached", structs.MaxTargetGroups)
	}
	g.ID, g.CreatedAt, g.Version = t.newID(), t.Now(), 1
	_, err = t.control.Apply(ctx, structs.PutTargetGroup{Group: g, Tags: tags})
	if structs.KindOf(err) == structs.KindDuplicateTargetGroup {
		snap, readErr := t.Read(ctx)
		if readErr != nil {
			return nil, readErr
		}
		if old := snap.TargetGroupNamed(g.Name); old != nil && g.SameSettings(old) {
			return old, nil
		}
	}
	return &g, err
}

// ChangeTargetGroup changes a target group, as ChangeLoadBalancer does.
func (t *Traffic) ChangeTargetGroup(ctx context.Context, id string, change func(*structs.TargetGroup) error) (*structs.TargetGroup, error) {
	var g structs.TargetGroup
	return &g, retry(func() error {
		snap, err := t.Read(ctx)
		if err != nil {
			return err
		}
		old := snap.TargetGroup(id)
		if old == nil {
			return structs.ErrTargetGroupNotFound()
		}
		g = *old
		g.Version++
		if err := change(&g); err != nil {
			return err
		}
		if err := g.Validate(); err != nil {
			return err
		}
		_, err = t.control.Apply(ctx, structs.PutTargetGroup{Group: g, Was: old.Version})
		return err
	})
}

// DeleteTargetGroup removes a target group with its targets. It is refused while a listener, a rule
// or a service names it. One that does not exist is no error.
func (t *Traffic) DeleteTargetGroup(ctx context.Context, id string) error {
	_, err := t.control.Apply(ctx, structs.DeleteTargetGroup{ID: id})
	return err
}
