package state

import (
	"cmp"
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var listeners = Declare(Declaration[structs.Listener]{
	Table: 61, Name: "listeners",
	Topics: trafficTopic[structs.Listener],
	Less:   func(a, b *structs.Listener) bool { return a.ID < b.ID },
	Indexes: []Index[structs.Listener]{
		listenersByLoadBalancer: {
			Of: func(r *structs.Listener) string { return r.LoadBalancer },
			Less: func(a, b *structs.Listener) bool {
				return cmp.Or(cmp.Compare(a.LoadBalancer, b.LoadBalancer), cmp.Compare(a.Port, b.Port), cmp.Compare(a.ID, b.ID)) < 0
			},
		},
	},
})

const listenersByLoadBalancer = 0

var listenerRules = Declare(Declaration[structs.ListenerRule]{
	Table: 62, Name: "listener rules",
	Topics: trafficTopic[structs.ListenerRule],
	Less:   func(a, b *structs.ListenerRule) bool { return a.ID < b.ID },
	Indexes: []Index[structs.ListenerRule]{
		rulesByListener: {
			Of: func(r *structs.ListenerRule) string { return r.Listener },
			Less: func(a, b *structs.ListenerRule) bool {
				return cmp.Or(cmp.Compare(a.Listener, b.Listener), cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.ID, b.ID)) < 0
			},
		},
	},
})

const rulesByListener = 0

// Listener returns a listener by id, or nil if there is none.
func (s *Snapshot) Listener(id string) *structs.Listener {
	return listeners.get(s, &structs.Listener{ID: id})
}

// Listeners returns the listeners of a load balancer in the order of their ports.
func (s *Snapshot) Listeners(loadBalancer string) iter.Seq[*structs.Listener] {
	return listeners.of(s, listenersByLoadBalancer, &structs.Listener{LoadBalancer: loadBalancer})
}

// AllListeners returns every listener by id.
func (s *Snapshot) AllListeners() iter.Seq[*structs.Listener] { return listeners.all(s) }

// PutListener adds a listener, or replaces the one of the same id.
func (tx *Tx) PutListener(l *structs.Listener) { listeners.put(tx, l) }

// RemoveListener removes a listener.
func (tx *Tx) RemoveListener(l *structs.Listener) { listeners.remove(tx, l) }

// ListenerRule returns a rule by id, or nil if there is none. The default rule of a listener is no
// row.
func (s *Snapshot) ListenerRule(id string) *structs.ListenerRule {
	return listenerRules.get(s, &structs.ListenerRule{ID: id})
}

// ListenerRules returns the rules of a listener in the order of their priority.
func (s *Snapshot) ListenerRules(listener string) iter.Seq[*structs.ListenerRule] {
	return listenerRules.of(s, rulesByListener, &structs.ListenerRule{Listener: listener})
}

// PutListenerRule adds a rule, or replaces the one of the same id.
func (tx *Tx) PutListenerRule(r *structs.ListenerRule) { listenerRules.put(tx, r) }

// RemoveListenerRule removes a rule.
func (tx *Tx) RemoveListenerRule(r *structs.ListenerRule) { listenerRules.remove(tx, r) }

// Forwards returns a listener whose default actions, or one of whose rules, forward to a target
// group; nil if there is none. It reads all rules.
func (s *Snapshot) Forwards(group string) *structs.Listener {
	for l := range listeners.all(s) {
		if structs.ForwardsTo(l.DefaultActions, group) {
			return l
		}
	}
	for r := range listenerRules.all(s) {
		if structs.ForwardsTo(r.Actions, group) {
			return s.Listener(r.Listener)
		}
	}
	return nil
}
