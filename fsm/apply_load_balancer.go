package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putLoadBalancer(tx *state.Tx, _ uint64, cmd structs.PutLoadBalancer) (string, error) {
	b := &cmd.LoadBalancer
	old := tx.LoadBalancer(b.ID)
	switch named := tx.LoadBalancerNamed(b.Name); {
	case cmd.Was == 0 && named != nil:
		return "", structs.Errorf(structs.KindDuplicateLoadBalancer,
			"A load balancer with the same name '%s' exists, but with different settings", b.Name)
	case cmd.Was == 0:
		tx.PutTags(b.Resource(), cmd.Tags)
	case old == nil:
		return "", structs.ErrLoadBalancerNotFound()
	case old.Version != cmd.Was:
		return "", structs.ErrTrafficChanged(b.Resource())
	}
	tx.PutLoadBalancer(b)
	return b.ID, nil
}

func deleteLoadBalancer(tx *state.Tx, _ uint64, cmd structs.DeleteLoadBalancer) (string, error) {
	b := tx.LoadBalancer(cmd.ID)
	switch {
	case b == nil:
		return "", nil
	case structs.AttributeOf(b.Attributes, structs.AttributeDeletionProtection) == "true":
		return "", structs.Errorf(structs.KindOperationNotPermitted, "Load balancer '%s' cannot be deleted because deletion protection is enabled", b.Name)
	}
	for _, l := range slices.Collect(tx.Listeners(b.ID)) {
		removeListener(tx, b, l)
	}
	tx.PutTags(b.Resource(), nil)
	tx.RemoveLoadBalancer(b)
	return b.ID, nil
}

// removeListener removes a listener with its rules, and all their tags.
func removeListener(tx *state.Tx, of *structs.LoadBalancer, l *structs.Listener) {
	for _, r := range slices.Collect(tx.ListenerRules(l.ID)) {
		tx.PutTags(l.RuleResource(of, r.ID), nil)
		tx.RemoveListenerRule(r)
	}
	tx.PutTags(l.RuleResource(of, l.DefaultRule), nil)
	tx.PutTags(l.Resource(of), nil)
	tx.RemoveListener(l)
}

// trafficExists reports whether the resource of an ARN of elbv2 is in state.
func trafficExists(tx *state.Tx, resource structs.ResourceKey) bool {
	r, ok := structs.ParseTrafficResource(resource)
	if !ok {
		return false
	}
	if r.Kind == structs.ResourceTargetGroup {
		g := tx.TargetGroup(r.ID)
		return g != nil && g.Resource() == resource
	}
	b := tx.LoadBalancer(r.LoadBalancer)
	if b == nil || r.Kind == structs.ResourceLoadBalancer {
		return b != nil && b.Resource() == resource
	}
	l := tx.Listener(r.Listener)
	if l == nil || r.Kind == structs.ResourceListener {
		return l != nil && l.Resource(b) == resource
	}
	rule := tx.ListenerRule(r.ID)
	return l.RuleResource(b, r.ID) == resource && (l.DefaultRule == r.ID || rule != nil && rule.Listener == l.ID)
}
