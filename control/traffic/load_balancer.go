package traffic

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// CreateLoadBalancer adds a load balancer. If there is one of its name with the same settings, that
// one is the answer; with other settings the error is of KindDuplicateLoadBalancer.
func (t *Traffic) CreateLoadBalancer(ctx context.Context, b structs.LoadBalancer, tags []structs.Tag) (*structs.LoadBalancer, error) {
	if err := b.Validate(); err != nil {
		return nil, err
	}
	snap, err := t.Read(ctx)
	if err != nil {
		return nil, err
	}
	if old := snap.LoadBalancerNamed(b.Name); old == nil && count(snap.LoadBalancers()) >= structs.MaxLoadBalancers {
		return nil, structs.Errorf(structs.KindTooManyLoadBalancers, "The limit of %d load balancers has been reached", structs.MaxLoadBalancers)
	}
	b.ID, b.CreatedAt, b.Version = t.newID(), t.Now(), 1
	_, err = t.control.Apply(ctx, structs.PutLoadBalancer{LoadBalancer: b, Tags: tags})
	if structs.KindOf(err) == structs.KindDuplicateLoadBalancer {
		snap, readErr := t.Read(ctx)
		if readErr != nil {
			return nil, readErr
		}
		if old := snap.LoadBalancerNamed(b.Name); old != nil && b.SameSettings(old) {
			return old, nil
		}
	}
	return &b, err
}

// ChangeLoadBalancer changes a load balancer, read and written as one: change is called on a copy,
// and again if another call changed it in the meantime.
func (t *Traffic) ChangeLoadBalancer(ctx context.Context, id string, change func(*structs.LoadBalancer) error) (*structs.LoadBalancer, error) {
	var b structs.LoadBalancer
	return &b, retry(func() error {
		snap, err := t.Read(ctx)
		if err != nil {
			return err
		}
		old := snap.LoadBalancer(id)
		if old == nil {
			return structs.ErrLoadBalancerNotFound()
		}
		b = *old
		b.Version++
		if err := change(&b); err != nil {
			return err
		}
		if err := b.Validate(); err != nil {
			return err
		}
		_, err = t.control.Apply(ctx, structs.PutLoadBalancer{LoadBalancer: b, Was: old.Version})
		return err
	})
}

// DeleteLoadBalancer removes a load balancer with its listeners and their rules. One that does not
// exist is no error.
func (t *Traffic) DeleteLoadBalancer(ctx context.Context, id string) error {
	_, err := t.control.Apply(ctx, structs.DeleteLoadBalancer{ID: id})
	return err
}

// LoadBalancersOf returns the ids of the load balancers that forward to each target group, in their
// order. It reads all rules.
func LoadBalancersOf(snap *state.Snapshot) map[string][]string {
	of := map[string][]string{}
	for b := range snap.LoadBalancers() {
		add := func(actions []structs.RuleAction) {
			for _, group := range structs.ForwardGroups(actions) {
				if !slices.Contains(of[group], b.ID) {
					of[group] = append(of[group], b.ID)
				}
			}
		}
		for l := range snap.Listeners(b.ID) {
			add(l.DefaultActions)
			for r := range snap.ListenerRules(l.ID) {
				add(r.Actions)
			}
		}
	}
	return of
}
