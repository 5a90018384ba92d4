package structs

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// ForwardsTo reports whether one of the actions forwards to a target group.
func ForwardsTo(actions []RuleAction, group string) bool {
	return slices.Contains(ForwardGroups(actions), group)
}

// ForwardGroups returns the ids of the target groups that actions forward to, in their order.
func ForwardGroups(actions []RuleAction) (ids []string) {
	for _, a := range actions {
		if a.Forward != nil {
			for _, g := range a.Forward.Groups {
				ids = append(ids, g.TargetGroup)
			}
		}
	}
	return ids
}

// CheckActions reports what is wrong with the actions of the listener or of one of its rules, and
// fills in what is left out, as elbv2 does.
func (l *Listener) CheckActions(actions []RuleAction) error {
	switch len(actions) {
	case 0:
		return Errorf(KindInvalidParameter, "An action must be specified")
	case 1:
	default:
		return Errorf(KindTooManyActions, "Only one action of the types forward, redirect and fixed-response can be specified, and %d are", len(actions))
	}
	a := &actions[0]
	if !IsHTTP(l.Protocol) && a.Type != ActionForward {
		return Errorf(KindInvalidAction, "Action type '%s' is not supported for listeners with the protocol '%s'; use forward", a.Type, l.Protocol)
	}
	if given := present(a.Forward) + present(a.Redirect) + present(a.Fixed); given != 1 {
		return Errorf(KindInvalidAction, "An action of type '%s' must have its own configuration and no other", a.Type)
	}
	switch {
	case a.Type == ActionForward && a.Forward != nil:
		return a.Forward.validate()
	case a.Type == ActionRedirect && a.Redirect != nil:
		return a.Redirect.validate()
	case a.Type == ActionFixedResponse && a.Fixed != nil:
		return a.Fixed.validate()
	}
	return Errorf(KindInvalidAction, "An action of type '%s' must have its own configuration and no other", a.Type)
}

func present[T any](p *T) int {
	if p == nil {
		return 0
	}
	return 1
}

func (f *ForwardAction) validate() error {
	switch n := len(f.Groups); {
	case n == 0:
		return Errorf(KindInvalidParameter, "A target group must be specified for actions of type forward")
	case n > MaxActionTargetGroups:
		return Errorf(KindTooManyTargetGroups, "An action can have at most %d target groups, and this one has %d", MaxActionTargetGroups, n)
	case f.Stickiness < 0 || f.Stickiness > maxForwardStickiness:
		return Errorf(KindInvalidAction, "The duration of target group stickiness must be between 1 and %d seconds", maxForwardStickiness)
	}
	for n, g := range f.Groups {
		if g.Weight < 0 || g.Weight > maxForwardWeight {
			return Errorf(KindInvalidAction, "The weight of a target group must be between 0 and %d", maxForwardWeight)
		}
		if slices.ContainsFunc(f.Groups[:n], func(o WeightedGroup) bool { return o.TargetGroup == g.TargetGroup }) {
			return Errorf(KindInvalidAction, "A target group is given twice in one action")
		}
	}
	return nil
}

// same are the parts of a redirect that stand for those of the request.
var sameRedirect = Redirect{Protocol: "#{protocol}", Host: "#{host}", Port: "#{port}", Path: "/#{path}", Query: "#{query}"}

func (r *Redirect) validate() error {
	s := sameRedirect
	r.Protocol, r.Host, r.Port, r.Path = cmp.Or(r.Protocol, s.Protocol), cmp.Or(r.Host, s.Host), cmp.Or(r.Port, s.Port), cmp.Or(r.Path, s.Path)
	port, err := strconv.Atoi(r.Port)
	switch {
	case r.Status != 301 && r.Status != 302:
		return Errorf(KindInvalidAction, "StatusCode: a redirect is HTTP_301 or HTTP_302")
	case r.Protocol != s.Protocol && !IsHTTP(r.Protocol):
		return Errorf(KindInvalidAction, "Protocol: '%s' must be HTTP, HTTPS or %s", r.Protocol, s.Protocol)
	case r.Port != s.Port && (err != nil || port < 1 || port > 65535):
		return Errorf(KindInvalidAction, "Port: '%s' must be a number between 1 and 65535, or %s", r.Port, s.Port)
	case !strings.HasPrefix(r.Path, "/"):
		return Errorf(KindInvalidAction, "Path: '%s' must begin with a slash", r.Path)
	case strings.HasPrefix(r.Query, "?"):
		return Errorf(KindInvalidAction, "Query: '%s' must not begin with a question mark", r.Query)
	}
	for member, value := range map[string]string{"Host": r.Host, "Path": r.Path, "Query": r.Query} {
		if strings.ContainsFunc(value, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
			return Errorf(KindInvalidAction, "%s: '%s' can only contain printable ASCII characters without spaces", member, value)
		}
	}
	s.Status = r.Status
	if *r == s {
		return Errorf(KindInvalidAction, "The redirect leads to itself; change at least one of its protocol, host, port, path and query")
	}
	return nil
}

var fixedContentTypes = []string{"text/plain", "text/css", "text/html", "application/javascript", "application/json"}

func (f *FixedResponse) validate() error {
	switch class := f.Status / 100; {
	case class != 2 && class != 4 && class != 5:
		return Errorf(KindInvalidAction, "StatusCode: '%d' must be 2XX, 4XX or 5XX", f.Status)
	case f.ContentType != "" && !slices.Contains(fixedContentTypes, f.ContentType):
		return Errorf(KindInvalidAction, "ContentType: '%s' must be one of %s", f.ContentType, strings.Join(fixedContentTypes, ", "))
	case len(f.Body) > 1024:
		return Errorf(KindInvalidAction, "MessageBody: it has %d bytes and can have 1024", len(f.Body))
	}
	return nil
}
