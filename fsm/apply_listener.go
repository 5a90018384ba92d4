package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putListener(tx *state.Tx, _ uint64, cmd structs.PutListener) (string, error) {
	l := &cmd.Listener
	of, old := tx.LoadBalancer(l.LoadBalancer), tx.Listener(l.ID)
	switch {
	case of == nil:
		return "", structs.ErrLoadBalancerNotFound()
	case cmd.Was != 0 && old == nil:
		return "", structs.ErrListenerNotFound()
	case cmd.Was != 0 && old.Version != cmd.Was:
		return "", structs.ErrTrafficChanged(l.Resource(of))
	}
	for other := range tx.Listeners(of.ID) {
		if other.Port == l.Port && other.ID != l.ID {
			return "", structs.Errorf(structs.KindDuplicateListener, "A listener already exists on this port for this load balancer '%s'", of.Name)
		}
	}
	if err := checkForwards(tx, of, l, l.DefaultActions); err != nil {
		return "", err
	}
	if cmd.Was == 0 {
		tx.PutTags(l.Resource(of), cmd.Tags)
	}
	tx.PutListener(l)
	return l.ID, nil
}

// checkForwards fails unless all target groups of actions exist and speak a protocol that the
// listener can carry.
func checkForwards(tx *state.Tx, of *structs.LoadBalancer, l *structs.Listener, actions []structs.RuleAction) error {
	for _, a := range actions {
		if a.Forward == nil {
			continue
		}
		for _, to := range a.Forward.Groups {
			g := tx.TargetGroup(to.TargetGroup)
			if g == nil {
				return structs.ErrTargetGroupNotFound()
			}
			if !structs.Carries(l.Protocol, g.Protocol) {
				return structs.Errorf(structs.KindIncompatibleProtocols,
					"A listener of load balancer '%s' with the protocol '%s' cannot forward to the target group '%s' with the protocol '%s'",
					of.Name, l.Protocol, g.Name, g.Protocol)
			}
		}
	}
	return nil
}

func deleteListener(tx *state.Tx, _ uint64, cmd structs.DeleteListener) (string, error) {
	l := tx.Listener(cmd.ID)
	if l == nil {
		return "", structs.ErrListenerNotFound()
	}
	removeListener(tx, tx.LoadBalancer(l.LoadBalancer), l)
	return l.ID, nil
}

func putListenerRule(tx *state.Tx, _ uint64, cmd structs.PutListenerRule) (string, error) {
	r := &cmd.Rule
	l, old := tx.Listener(r.Listener), tx.ListenerRule(r.ID)
	switch {
	case l == nil:
		return "", structs.ErrListenerNotFound()
	case cmd.Was != 0 && old == nil:
		return "", structs.ErrRuleNotFound()
	case cmd.Was != 0 && old.Version != cmd.Was:
		return "", structs.ErrTrafficChanged(structs.ResourceListenerRule + "/" + r.ID)
	}
	of := tx.LoadBalancer(l.LoadBalancer)
	for other := range tx.ListenerRules(l.ID) {
		if other.Priority == r.Priority && other.ID != r.ID {
			return "", structs.Errorf(structs.KindPriorityInUse, "Priority '%d' is currently in use", r.Priority)
		}
	}
	if err := checkForwards(tx, of, l, r.Actions); err != nil {
		return "", err
	}
	if cmd.Was == 0 {
		tx.PutTags(l.RuleResource(of, r.ID), cmd.Tags)
	}
	tx.PutListenerRule(r)
	return r.ID, nil
}

func deleteListenerRule(tx *state.Tx, _ uint64, cmd structs.DeleteListenerRule) (string, error) {
	r := tx.ListenerRule(cmd.ID)
	if r == nil {
		return "", structs.ErrRuleNotFound()
	}
	l := tx.Listener(r.Listener)
	tx.PutTags(l.RuleResource(tx.LoadBalancer(l.LoadBalancer), r.ID), nil)
	tx.RemoveListenerRule(r)
	return r.ID, nil
}

func setRulePriorities(tx *state.Tx, _ uint64, cmd structs.SetRulePriorities) (string, error) {
	var moved []*structs.ListenerRule
	for _, p := range cmd.Priorities {
		old := tx.ListenerRule(p.Rule)
		if old == nil {
			return "", structs.ErrRuleNotFound()
		}
		r := *old
		r.Priority = p.Priority
		r.Version++
		moved = append(moved, &r)
	}
	for n, r := range moved {
		for other := range tx.ListenerRules(r.Listener) {
			if other.Priority == r.Priority && !slices.ContainsFunc(moved, func(m *structs.ListenerRule) bool { return m.ID == other.ID }) {
				return "", structs.Errorf(structs.KindPriorityInUse, "Priority '%d' is currently in use", r.Priority)
			}
		}
		for _, m := range moved[:n] {
			if m.Listener == r.Listener && m.Priority == r.Priority && m.ID != r.ID {
				return "", structs.Errorf(structs.KindPriorityInUse, "Priority '%d' is given to two rules", r.Priority)
			}
		}
	}
	for _, r := range moved {
		tx.PutListenerRule(r)
	}
	return "", nil
}
