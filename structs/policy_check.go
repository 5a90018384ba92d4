package structs

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// check refuses the parts of a statement that Gantry cannot enforce, and parts that could never
// have the stated effect.
func (s Statement) check() error {
	for _, c := range s.Condition {
		if err := c.check(); err != nil {
			return err
		}
	}
	var named []string // the actions, without wildcards
	for _, pattern := range s.Action {
		found, exact := actionsOf(pattern)
		if len(found) == 0 && s.Effect == EffectDeny {
			return Errorf(KindInvalidParameter, "Action: '%s' is not an action that Gantry has, so nothing would be denied", pattern)
		}
		if !exact {
			continue
		}
		if s.Effect == EffectDeny && slices.Contains(found, actionForAll) {
			return Errorf(KindInvalidParameter, "Action: everybody may do %s, so nothing would be denied", actionForAll)
		}
		named = append(named, found...)
		for _, c := range s.Condition {
			if err := s.checkKey(found, c); err != nil {
				return err
			}
		}
	}
	return s.checkResources(named)
}

func (c Condition) check() error {
	set, name, _ := c.split()
	op, known := operators[name]
	t, knownKey := typeOfKey(c.Key)
	switch {
	case set != "" && set != forAllValues && set != forAnyValue || !known && c.Operator != operatorNull:
		return Errorf(KindInvalidParameter,
			"Condition: '%s' is not an operator that Gantry supports; it supports those of strings, ARNs and booleans, and Null", c.Operator)
	case !knownKey:
		return Errorf(KindInvalidParameter, "Condition: %s: '%s' is not a condition key that Gantry supports; docs/access.md lists them", c.Operator, c.Key)
	case known && !slices.Contains(op.keys, t):
		return Errorf(KindInvalidParameter, "Condition: %s does not compare %s; use a String operator", c.Operator, c.Key)
	case len(c.Values) == 0:
		return Errorf(KindInvalidParameter, "Condition: %s: %s: there is no value", c.Operator, c.Key)
	}
	for _, v := range c.Values {
		truth := strings.EqualFold(v, "true") || strings.EqualFold(v, "false")
		switch {
		case strings.Contains(v, "${"):
			return Errorf(KindInvalidParameter, "Condition: %s: %s: '%s' has a variable, which Gantry does not fill in", c.Operator, c.Key, v)
		case (name == operatorNull || t == keyBool) && !truth:
			return Errorf(KindInvalidParameter, "Condition: %s: %s: '%s' is neither true nor false", c.Operator, c.Key, v)
		case name != operatorNull && t == keyARN && v != AnyResource && len(strings.SplitN(v, ":", 6)) != 6:
			return Errorf(KindInvalidParameter,
				"Condition: %s: %s: '%s' is not an ARN; one looks like arn:aws:ecs:us-east-1:000000000000:cluster/prod", c.Operator, c.Key, v)
		case strings.Contains(name, "Equals") && strings.HasPrefix(name, "String") && strings.ContainsAny(v, "*?"):
			return Errorf(KindInvalidParameter,
				"Condition: %s: %s: '%s' has a wildcard, which %s takes as it stands; use StringLike or StringNotLike", c.Operator, c.Key, v, name)
		}
	}
	return nil
}

// checkKey refuses a condition on a key that the action does not have, if the statement would
// therefore never deny or always allow.
func (s Statement) checkKey(action []string, c Condition) error {
	_, name, orMissing := c.split()
	if len(action) == 0 || hasKey(action[0], c.Key) || orMissing || name == operatorNull || c.holds(s.Effect, nil) != (s.Effect == EffectAllow) {
		return nil
	}
	instead := "is always allowed"
	if s.Effect == EffectDeny {
		instead = "is never denied"
	}
	return Errorf(KindInvalidParameter, "Condition: %s has no %s, so by this statement it %s; give it a statement of its own", action[0], c.Key, instead)
}

// checkResources refuses a kind of resource that no action of the statement acts on: it would
// neither allow nor deny anything. An example is ecs:RunTask on a cluster, which needs the key
// ecs:cluster instead. Only statements that name all their actions are checked.
func (s Statement) checkResources(named []string) error {
	if len(named) < len(s.Action) || slices.ContainsFunc(named, func(action string) bool { return strings.HasPrefix(action, "gantry:") }) {
		return nil
	}
	for _, r := range s.Resource {
		if r == AnyResource {
			continue
		}
		parts := strings.SplitN(r, ":", 6)
		kind, _, _ := strings.Cut(parts[5], "/")
		kind, _, _ = strings.Cut(kind, ":")
		// An ARN of another service is for that service's actions, if any of them act on resources.
		service, _, _ := strings.Cut(named[0], ":")
		if parts[2] != service && onResources(named[0]) || strings.ContainsAny(kind, "*?") {
			continue
		}
		if !slices.ContainsFunc(named, func(action string) bool {
			a := actionNamed(action)
			return a.Any || slices.Contains(a.Resources, kind)
		}) {
			remedy := "leave it out"
			if hasKey(named[0], "ecs:cluster") {
				remedy = "to bound it to a cluster use a Condition on ecs:cluster"
			}
			return Errorf(KindInvalidParameter, "Resource: '%s' has no effect: %s is on %s; %s", r, named[0], onWhat(named[0]), remedy)
		}
	}
	return nil
}

// onResources reports whether any action of an action's service is on a resource.
func onResources(action string) bool {
	service, _, _ := strings.Cut(action, ":")
	if service == "ecs" {
		return true
	}
	for other, row := range otherActions {
		if strings.HasPrefix(other, service+":") && row.resources != "" {
			return true
		}
	}
	return false
}

func onWhat(action string) string {
	a := actionNamed(action)
	if len(a.Resources) == 0 {
		return "no resource in particular (\"*\")"
	}
	return strings.Join(a.Resources, " and ")
}

// checkTwice refuses JSON in which an object has a member twice: all but the last would be ignored.
func checkTwice(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	var open []map[string]bool // by depth; nil in arrays
	name := false              // a member's name comes next
	for {
		token, err := d.Token()
		if err != nil {
			return nil // decodePolicy reports what is wrong, or it is the end
		}
		switch token {
		case json.Delim('{'):
			open, name = append(open, map[string]bool{}), true
			continue
		case json.Delim('['):
			open, name = append(open, nil), false
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		default:
			if !name {
				break
			}
			member, seen := strings.ToLower(token.(string)), open[len(open)-1]
			if seen[member] {
				return Errorf(KindInvalidParameter, "policy: '%s' stands twice in one object; only one of them would count", token)
			}
			seen[member], name = true, false
			continue
		}
		name = len(open) > 0 && open[len(open)-1] != nil
	}
}
