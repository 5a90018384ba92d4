package balancer

import (
	"log/slog"
	"slices"

	"github.com/gantry-project/gantry/balancer/match"
	"github.com/gantry-project/gantry/structs"
)

// listener is a listener of a load balancer, with its rules compiled. Only its counters change.
type listener struct {
	spec  *structs.TrafficListener
	rules []rule
	other *action // of the default rule; nil: there is none
	*counters
}

// rule is a rule, compiled.
type rule struct {
	id         string
	priority   int
	conditions []match.Condition
	hosts      []match.Condition // those of the host alone
	never      bool              // a condition of it cannot be met
	do         *action
}

// action is what is done with requests: one of the three is set.
type action struct {
	forward  *forward
	redirect *structs.Redirect
	fixed    *structs.FixedResponse
}

// forward is a forward action.
type forward struct {
	*structs.ForwardAction
	total float64 // of the weights
}

// with returns the listener as a frame has it, with the counters of the one before, if any.
func (l *listener) with(spec *structs.TrafficListener, log *slog.Logger) *listener {
	next := &listener{spec: spec, other: actionOf(spec.Listener.DefaultActions), counters: &counters{}}
	if l != nil {
		next.counters = l.counters
	}
	for i := range spec.Rules {
		r := &spec.Rules[i]
		compiled := rule{id: r.ID, priority: r.Priority, do: actionOf(r.Actions)}
		var err error
		if compiled.conditions, err = match.Compile(r.Conditions); err != nil {
			log.Warn("a rule of a listener is never met", "rule", r.ID, "listener", spec.Listener.ID, "error", err)
			compiled.never = true
		}
		hosts := slices.DeleteFunc(slices.Clone(r.Conditions),
			func(c structs.RuleCondition) bool { return c.Field != structs.FieldHostHeader })
		compiled.hosts, _ = match.Compile(hosts)
		next.rules = append(next.rules, compiled)
	}
	return next
}

// actionOf returns the action that answers requests, of a list that has exactly one of these.
func actionOf(list []structs.RuleAction) *action {
	for i := range list {
		a := &list[i]
		switch {
		case a.Forward != nil:
			f := &forward{ForwardAction: a.Forward}
			for _, g := range a.Forward.Groups {
				f.total += max(0, g.Weight)
			}
			return &action{forward: f}
		case a.Redirect != nil:
			return &action{redirect: a.Redirect}
		case a.Fixed != nil:
			return &action{fixed: a.Fixed}
		}
	}
	return nil
}

// find returns what is done with a request, and the priority of the rule; zero: the default rule.
func (l *listener) find(r match.Request) (*action, int) {
	for i := range l.rules {
		rule := &l.rules[i]
		if !rule.never && meets(rule.conditions, r) {
			return rule.do, rule.priority
		}
	}
	return l.other, 0
}

func meets(list []match.Condition, r match.Request) bool {
	for _, c := range list {
		if !c(r) {
			return false
		}
	}
	return true
}

// names reports whether the listener has a rule for the host of a request.
func (l *listener) names(r match.Request) bool {
	return slices.ContainsFunc(l.rules, func(rule rule) bool {
		return len(rule.hosts) > 0 && !rule.never && meets(rule.hosts, r)
	})
}

// listenerOf returns which of the listeners that share a port a request is for. They are in the
// order of their age. It is the first that has a rule for the request's host, or else the one whose
// load balancer has that name, or else the oldest.
func listenerOf(list []*listener, r match.Request) *listener {
	if len(list) == 1 {
		return list[0]
	}
	for _, l := range list {
		if l.names(r) {
			return l
		}
	}
	host := match.HostName(r.Host())
	for _, l := range list {
		if l.spec.LoadBalancer.DNSName() == host {
			return l
		}
	}
	return list[0]
}
