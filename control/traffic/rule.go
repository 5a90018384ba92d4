package traffic

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// CreateRule adds a rule to a listener. A priority that is taken is refused.
func (t *Traffic) CreateRule(ctx context.Context, r structs.ListenerRule, tags []structs.Tag) (*structs.ListenerRule, error) {
	snap, err := t.Read(ctx)
	if err != nil {
		return nil, err
	}
	l := snap.Listener(r.Listener)
	if l == nil {
		return nil, structs.ErrListenerNotFound()
	}
	if err := r.Validate(l); err != nil {
		return nil, err
	}
	if count(snap.ListenerRules(l.ID)) >= structs.MaxRules {
		return nil, structs.Errorf(structs.KindTooManyRules, "A listener can have at most %d rules", structs.MaxRules)
	}
	r.ID, r.CreatedAt, r.Version = t.newID(), t.Now(), 1
	_, err = t.control.Apply(ctx, structs.PutListenerRule{Rule: r, Tags: tags})
	return &r, err
}

// ChangeRule changes a rule, as ChangeLoadBalancer does. The default rule of a listener is changed
// by ChangeListener.
func (t *Traffic) ChangeRule(ctx context.Context, id string, change func(*structs.ListenerRule) error) (*structs.ListenerRule, error) {
	var r structs.ListenerRule
	return &r, retry(func() error {
		snap, err := t.Read(ctx)
		if err != nil {
			return err
		}
		old := snap.ListenerRule(id)
		if old == nil {
			return structs.ErrRuleNotFound()
		}
		r = *old
		r.Version++
		r.Conditions, r.Actions = slices.Clone(old.Conditions), slices.Clone(old.Actions)
		if err := change(&r); err != nil {
			return err
		}
		if err := r.Validate(snap.Listener(r.Listener)); err != nil {
			return err
		}
		_, err = t.control.Apply(ctx, structs.PutListenerRule{Rule: r, Was: old.Version})
		return err
	})
}

// DeleteRule removes a rule.
func (t *Traffic) DeleteRule(ctx context.Context, id string) error {
	_, err := t.control.Apply(ctx, structs.DeleteListenerRule{ID: id})
	return err
}

// SetRulePriorities gives rules new priorities, all at once or none.
func (t *Traffic) SetRulePriorities(ctx context.Context, priorities []structs.RulePriority) error {
	for n, p := range priorities {
		if err := structs.CheckRulePriority(p.Priority); err != nil {
			return err
		}
		if slices.ContainsFunc(priorities[:n], func(o structs.RulePriority) bool { return o.Rule == p.Rule }) {
			return structs.Errorf(structs.KindInvalidParameter, "A rule is given twice")
		}
	}
	_, err := t.control.Apply(ctx, structs.SetRulePriorities{Priorities: priorities})
	return err
}
