package endpoints

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// Listener returns a listener with its rules, whose weights are what the deployments of services
// with two target groups make of them. It returns nil if the listener or its load balancer does not
// exist.
func Listener(v View, id string) *structs.TrafficListener {
	l := v.Listener(id)
	if l == nil {
		return nil
	}
	return shiftsOf(v).listener(v, l)
}

// shift is what a deployment makes of one rule: the share of its group, and the other group, which
// gets the rest.
type shift struct {
	group, other string
	share        float64 // percent
}

// shifts are those of every rule that a service with two target groups names, by ListenerRule.ID or
// Listener.DefaultRule, in the order of the services.
type shifts map[string][]shift

func shiftsOf(v View) shifts {
	all := shifts{}
	for j := range v.BalancedServices() {
		for n := range j.Service.LoadBalancers {
			b := &j.Service.LoadBalancers[n]
			if b.Alternate == nil || j.Status == structs.ServiceInactive {
				continue
			}
			in, traffic := shift{group: b.TargetGroup, other: b.Alternate.TargetGroup}, structs.Traffic{Production: 100, Test: 100}
			if d := primary(v, j.ID); d != nil {
				if d.Alternate {
					in.group, in.other = in.other, in.group
				}
				if d.Traffic != nil {
					traffic = *d.Traffic
				}
			}
			all.add(b.Alternate.ProductionRule, in, traffic.Production)
			all.add(b.Alternate.TestRule, in, traffic.Test)
		}
	}
	return all
}

func (s shifts) add(rule string, in shift, percent float64) {
	if rule != "" {
		in.share = percent
		s[rule] = append(s[rule], in)
	}
}

func (s shifts) listener(v View, l *structs.Listener) *structs.TrafficListener {
	b := v.LoadBalancer(l.LoadBalancer)
	if b == nil {
		return nil
	}
	out := &structs.TrafficListener{Listener: *l, LoadBalancer: *b}
	out.Listener.DefaultActions = s.actions(l.DefaultRule, l.DefaultActions)
	for r := range v.ListenerRules(l.ID) {
		rule := *r
		rule.Actions = s.actions(r.ID, r.Actions)
		out.Rules = append(out.Rules, rule)
	}
	return out
}

// actions returns the actions of a rule with the weights that deployments give them.
func (s shifts) actions(rule string, actions []structs.RuleAction) []structs.RuleAction {
	if len(s[rule]) == 0 {
		return actions
	}
	actions = slices.Clone(actions)
	for n := range actions {
		if actions[n].Forward == nil {
			continue
		}
		forward := *actions[n].Forward
		forward.Groups = slices.Clone(forward.Groups)
		for _, in := range s[rule] {
			forward.Groups = slices.DeleteFunc(forward.Groups, func(g structs.WeightedGroup) bool {
				return g.TargetGroup == in.group || g.TargetGroup == in.other
			})
			forward.Groups = append(forward.Groups,
				structs.WeightedGroup{TargetGroup: in.group, Weight: in.share},
				structs.WeightedGroup{TargetGroup: in.other, Weight: 100 - in.share})
		}
		actions[n].Forward = &forward
	}
	return actions
}

// groupsOf returns the target groups that a listener forwards to, each at least once.
func groupsOf(l *structs.TrafficListener) (groups []string) {
	if l == nil {
		return nil
	}
	add := func(actions []structs.RuleAction) {
		for _, a := range actions {
			if a.Forward != nil {
				for _, g := range a.Forward.Groups {
					groups = append(groups, g.TargetGroup)
				}
			}
		}
	}
	add(l.Listener.DefaultActions)
	for _, r := range l.Rules {
		add(r.Actions)
	}
	return groups
}
