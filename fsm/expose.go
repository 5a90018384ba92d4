package fsm

import (
	"reflect"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// putShared adds the load balancer for exposed services and its listeners, or moves the listeners
// to other ports. What is there as it should be is left alone.
func putShared(tx *state.Tx, in structs.Ingress, at structs.Time) error {
	balancer, listeners := in.SharedRows(at)
	if named := tx.LoadBalancerNamed(balancer.Name); named != nil && named.ID != balancer.ID {
		return structs.Errorf(structs.KindInvalidParameter,
			"The name of the load balancer %s is taken, and Gantry needs it for exposed services. Delete that load balancer, or make it anew with another name.", balancer.Name)
	}
	if tx.LoadBalancer(balancer.ID) == nil {
		tx.PutLoadBalancer(&balancer)
	}
	for _, l := range listeners {
		for other := range tx.Listeners(balancer.ID) {
			if other.Port == l.Port && other.ID != l.ID && !slices.ContainsFunc(listeners[:], func(own structs.Listener) bool { return own.ID == other.ID }) {
				return structs.Errorf(structs.KindInvalidParameter, "Port %d of the load balancer %s has another listener than Gantry's. Delete it first.", l.Port, balancer.Name)
			}
		}
		switch present := tx.Listener(l.ID); {
		case present == nil:
			tx.PutListener(&l)
		case present.Port != l.Port || present.Protocol == structs.ProtocolHTTP && !sameRedirect(present, &l):
			next := *present
			next.Port = l.Port
			next.Version++
			if l.Protocol == structs.ProtocolHTTP {
				next.DefaultActions = l.DefaultActions
			}
			tx.PutListener(&next)
		}
	}
	return nil
}

// sameRedirect reports whether the HTTP listener still leads to the port of the HTTPS one. Default
// actions that a user has set are the same as any.
func sameRedirect(a, b *structs.Listener) bool {
	if len(a.DefaultActions) != 1 || a.DefaultActions[0].Redirect == nil {
		return true
	}
	return *a.DefaultActions[0].Redirect == *b.DefaultActions[0].Redirect
}

// expose makes the rows of an exposed service match its next version, and removes those that it
// needs no more. in is where it is reached; the zero value leaves the shared rows as they are.
func expose(tx *state.Tx, old, next *structs.Job, in structs.Ingress, at structs.Time) error {
	owner := next.ExposedOwner()
	if was := exposedOwner(old); was != "" && was != owner {
		removeRule(tx, was)
	}
	if owner == "" {
		return nil
	}
	x := next.Exposure(tx.TaskDefinition(next.TaskDefinition), at)
	if in != (structs.Ingress{}) || tx.Listener(x.Rule.Listener) == nil {
		if err := putShared(tx, in, at); err != nil {
			return err
		}
	}
	if named := tx.TargetGroupNamed(x.Group.Name); named != nil && named.ID != x.Group.ID {
		return structs.Errorf(structs.KindInvalidParameter, "The name of the target group %s is taken, and Gantry needs it for service %s. Delete that target group.", x.Group.Name, next.Name)
	}
	if err := hostTaken(tx, &x.Rule); err != nil {
		return err
	}
	putExposure(tx, x)
	return nil
}

// putExposure puts the rows that have changed. Attributes that a user has set stay.
func putExposure(tx *state.Tx, x *structs.Exposure) {
	group, rule := &x.Group, &x.Rule
	if present := tx.TargetGroup(group.ID); present != nil {
		group.CreatedAt, group.Version, group.Attributes = present.CreatedAt, present.Version, present.Attributes
		if !reflect.DeepEqual(present, group) {
			group.Version++
			tx.PutTargetGroup(group)
		}
	} else {
		group.Version = 1
		tx.PutTargetGroup(group)
	}
	rule.Priority = priorityOf(tx, rule)
	if present := tx.ListenerRule(rule.ID); present != nil {
		rule.CreatedAt, rule.Version = present.CreatedAt, present.Version
		if reflect.DeepEqual(present, rule) {
			return
		}
	}
	rule.Version++
	tx.PutListenerRule(rule)
}

func exposedOwner(job *structs.Job) string {
	if job == nil {
		return ""
	}
	return job.ExposedOwner()
}

func removeRule(tx *state.Tx, owner string) {
	rule := tx.ListenerRule(structs.ExposedRule(owner))
	if rule == nil {
		return
	}
	l := tx.Listener(rule.Listener)
	tx.PutTags(l.RuleResource(tx.LoadBalancer(l.LoadBalancer), rule.ID), nil)
	tx.RemoveListenerRule(rule)
}

// hostTaken fails if another service has the same host name and path.
func hostTaken(tx *state.Tx, rule *structs.ListenerRule) error {
	hosts, path := claims(rule)
	for other := range tx.ListenerRules(rule.Listener) {
		theirs, at := claims(other)
		if other.ID == rule.ID || at != path {
			continue
		}
		for _, host := range hosts {
			if slices.Contains(theirs, host) {
				return structs.Errorf(structs.KindInvalidParameter, "hosts: requests for %s%s already go to %s; choose another host name or path", host, path, ownerName(other))
			}
		}
	}
	return nil
}

// claims returns the host names and the path of a rule.
func claims(rule *structs.ListenerRule) (hosts []string, path string) {
	for _, c := range rule.Conditions {
		switch {
		case c.Field == structs.FieldHostHeader:
			hosts = c.Values
		case len(c.Values) > 0:
			path = c.Values[0]
		}
	}
	return hosts, path
}

// ownerName names in an error what a rule belongs to.
func ownerName(rule *structs.ListenerRule) string {
	if _, service, owned := strings.Cut(rule.Owner, "/"); owned {
		return "service " + service
	}
	return "the rule " + rule.ID + " of the load balancer " + structs.SharedBalancer
}

// priorityOf returns the priority of a rule that Gantry makes: the one that it has, unless it is in
// another place now, or else the first free one in its place.
func priorityOf(tx *state.Tx, rule *structs.ListenerRule) int {
	present := tx.ListenerRule(rule.ID)
	first := rule.FirstPriority()
	if present != nil && present.FirstPriority() == first {
		return present.Priority
	}
	for other := range tx.ListenerRules(rule.Listener) { // in the order of priority
		if other.Priority == first && other.ID != rule.ID {
			first++
		}
	}
	return first
}

// hide removes what leads requests to a service that is deleted. Its target group stays until its
// last task has ended.
func hide(tx *state.Tx, job *structs.Job) {
	if owner := job.ExposedOwner(); owner != "" {
		removeRule(tx, owner)
	}
}

// unexpose removes the rest of the rows of a service that has ended: also of an owner that it had
// earlier.
func unexpose(tx *state.Tx, job *structs.Job) {
	if job.Service == nil {
		return
	}
	as := *job
	for _, spec := range []structs.ServiceSpec{{Expose: &structs.Expose{}}, {Gateway: &structs.GatewayConnector{}}} {
		as.Service = &spec
		owner := as.ExposedOwner()
		removeRule(tx, owner)
		if group := tx.TargetGroup(structs.ExposedGroup(owner)); group != nil {
			tx.PutTags(group.Resource(), nil)
			tx.RemoveTargetGroup(group)
		}
	}
	endDisassociations(tx, job.Cluster)
}
