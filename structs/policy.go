package structs

import (
	"bytes"
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// Policy states what its holder may do, in IAM's form. An action that no statement allows is
// refused, and a Deny wins over every Allow.
type Policy struct {
	Version   string      `json:"Version"`
	ID        string      `json:"Id,omitzero"`
	Statement []Statement `json:"Statement"`
}

// Statement allows or denies actions on resources. In both, * stands for any characters and ? for a
// single one.
type Statement struct {
	Sid    string `json:"Sid,omitzero"`
	Effect string `json:"Effect"`
	// Action is SERVICE:ACTION; case does not matter.
	Action []string `json:"Action"`
	// Resource is an ARN, or * for all. Only its kind and name count (ecs:…:service/prod/web): the
	// region is whatever the caller signs for, and there is only one account.
	Resource []string `json:"Resource"`
	// Condition must hold as a whole for the statement to apply.
	Condition Conditions `json:"Condition,omitzero"`
}

// The effects of a statement.
const (
	EffectAllow = "Allow"
	EffectDeny  = "Deny"
)

// The named policies.
const (
	PolicyAdmin    = "admin"
	PolicyReadOnly = "read-only"
)

const (
	policyVersion = "2012-10-17"
	// maxPolicy is the maximum length of a policy, in bytes of compact JSON (IAM's limit for a
	// managed policy).
	maxPolicy = 6144
)

// AnyResource is the resource of an action that does not act on a particular resource.
const AnyResource = "*"

// AdminPolicy allows everything.
func AdminPolicy() Policy {
	return Policy{Version: policyVersion, Statement: []Statement{{Effect: EffectAllow, Action: []string{"*"}, Resource: []string{"*"}}}}
}

// ReadOnlyPolicy allows reading everything except access keys.
func ReadOnlyPolicy() Policy {
	return Policy{Version: policyVersion, Statement: []Statement{
		{Effect: EffectAllow, Action: []string{"ecs:Describe*", "ecs:List*", "ecs:Get*", "ec2:Describe*", "elasticloadbalancing:Describe*", "iam:Get*", "iam:List*", "gantry:Describe*", "gantry:List*", "gantry:Plan*",
			"gantry:ReadLogs", "gantry:Simulate", "logs:Describe*", "logs:Filter*", "logs:Get*", "logs:List*"}, Resource: []string{"*"}},
		{Effect: EffectDeny, Action: []string{"gantry:ListAccessKeys"}, Resource: []string{"*"}},
	}}
}

// ParsePolicy reads the name or the JSON of a policy. Features of IAM that Gantry does not support
// are refused by name: ignoring them would allow more than the author meant.
func ParsePolicy(text string) (Policy, error) {
	switch strings.TrimSpace(text) {
	case PolicyAdmin:
		return AdminPolicy(), nil
	case PolicyReadOnly:
		return ReadOnlyPolicy(), nil
	}
	p, err := parsePolicy(text, false)
	if err != nil {
		return Policy{}, err
	}
	switch compact, err := json.Marshal(p); {
	case err != nil:
		return Policy{}, Errorf(KindInvalidParameter, "policy: %v", err)
	case len(compact) > maxPolicy:
		return Policy{}, Errorf(KindInvalidParameter, "policy: it has %d bytes and may have %d", len(compact), maxPolicy)
	}
	return p, nil
}

// ParseRolePolicy reads the JSON of a policy of a role. Actions of services that Gantry does not
// have (s3:GetObject) may be in it. They allow nothing here, so they are left out of the result,
// and so are statements that have no others.
func ParseRolePolicy(text string) (Policy, error) {
	p, err := parsePolicy(text, true)
	if err != nil {
		return Policy{}, Errorf(KindMalformedPolicy, "%v", err)
	}
	return p, nil
}

// parsePolicy reads the JSON of a policy. foreign lets it have actions of services that Gantry does
// not have.
func parsePolicy(text string, foreign bool) (Policy, error) {
	var document struct {
		Version   string
		ID        string `json:"Id"`
		Statement list[json.RawMessage]
	}
	if err := cmp.Or(checkTwice([]byte(text)), decodePolicy([]byte(text), &document)); err != nil {
		return Policy{}, err
	}
	p := Policy{Version: document.Version, ID: document.ID}
	if p.Version == "" {
		p.Version = policyVersion
	}
	for i, raw := range document.Statement {
		s, err := parseStatement(raw, foreign)
		if err != nil {
			return Policy{}, Errorf(KindInvalidParameter, "policy: Statement[%d]: %v", i, err)
		}
		if len(s.Action) > 0 {
			p.Statement = append(p.Statement, s)
		}
	}
	switch {
	case p.Version != policyVersion && p.Version != "2008-10-17":
		return Policy{}, Errorf(KindInvalidParameter, "policy: Version: '%s' is not known; use %s", p.Version, policyVersion)
	case len(document.Statement) == 0:
		return Policy{}, Errorf(KindInvalidParameter, "policy: Statement: there is none, so it allows nothing")
	}
	return p, nil
}

// parseStatement returns a statement without actions if it has only those of other services.
func parseStatement(raw []byte, foreign bool) (Statement, error) {
	var s struct {
		Sid, Effect      string
		Action, Resource list[string]
		Condition        *Conditions
	}
	if err := decodePolicy(raw, &s); err != nil {
		return Statement{}, err
	}
	switch {
	case s.Effect != EffectAllow && s.Effect != EffectDeny:
		return Statement{}, Errorf(KindInvalidParameter, "Effect: '%s' is neither Allow nor Deny", s.Effect)
	case len(s.Action) == 0:
		return Statement{}, Errorf(KindInvalidParameter, "Action: there is none")
	case len(s.Resource) == 0:
		return Statement{}, Errorf(KindInvalidParameter, "Resource: there is none; \"*\" is all")
	case s.Condition != nil && len(*s.Condition) == 0:
		return Statement{}, Errorf(KindInvalidParameter, "Condition: it is empty; leave it out")
	}
	if foreign {
		s.Action = slices.DeleteFunc(s.Action, func(action string) bool {
			// Gantry has little of S3. A role may have more, under conditions that are S3's own.
			return isForeign(action) || isS3(action) && (!hasAction(action) || s.Effect == EffectAllow && s.Condition != nil)
		})
		if len(s.Action) == 0 {
			return Statement{}, nil
		}
	}
	for _, a := range s.Action {
		service, _, ok := strings.Cut(a, ":")
		if a != "*" && (!ok || !slices.Contains(policyServices, strings.ToLower(service))) {
			return Statement{}, Errorf(KindInvalidParameter,
				"Action: '%s' is no action of %s; one looks like ecs:RunTask or ecs:*", a, strings.Join(policyServices, ", "))
		}
	}
	for _, r := range s.Resource {
		if r == AnyResource {
			continue
		}
		if parts := strings.SplitN(r, ":", 6); len(parts) != 6 || parts[0] != "arn" || strings.Contains(r, "${") {
			return Statement{}, Errorf(KindInvalidParameter, "Resource: '%s' is neither * nor an ARN; one looks like arn:aws:ecs:*:*:service/prod/*", r)
		}
	}
	out := Statement{Sid: s.Sid, Effect: s.Effect, Action: s.Action, Resource: s.Resource}
	if s.Condition != nil {
		out.Condition = *s.Condition
	}
	return out, out.check()
}

// foreignService matches the prefix of actions of a service of AWS.
var foreignService = regexp.MustCompile(`^[a-z0-9-]+$`)

// isForeign reports whether an action is of a service that Gantry does not have.
func isForeign(action string) bool {
	service, _, ok := strings.Cut(strings.ToLower(action), ":")
	return ok && foreignService.MatchString(service) && !slices.Contains(policyServices, service)
}

// isS3 reports whether an action is one of S3.
func isS3(action string) bool { return strings.HasPrefix(strings.ToLower(action), "s3:") }

// hasAction reports whether a pattern matches an action that Gantry has.
func hasAction(pattern string) bool {
	found, _ := actionsOf(pattern)
	return len(found) > 0
}

func decodePolicy(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return Errorf(KindInvalidParameter, "it is not a policy that Gantry can enforce (Version, Id, Statement of Sid, Effect, Action, Resource, Condition): %v", err)
	}
	if d.More() {
		return Errorf(KindInvalidParameter, "there is more after the end of the policy")
	}
	return nil
}

// list is one value or several, as in IAM.
type list[T any] []T

// UnmarshalJSON reads one value or several.
func (l *list[T]) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(raw, []byte("[")) {
		return json.Unmarshal(raw, (*[]T)(l))
	}
	*l = make([]T, 1)
	return json.Unmarshal(raw, &(*l)[0])
}

// Decision is the result of checking one action on one resource against a policy.
type Decision int

// The decisions.
const (
	NotAllowed Decision = iota // no statement allows it
	Denied                     // a statement denies it
	Allowed
)

// Decide returns the decision on an action on a resource (an ARN or AnyResource), in a request with
// these condition keys.
func (p *Policy) Decide(action, resource string, keys PolicyKeys) Decision {
	decision := NotAllowed
	for _, s := range p.Statement {
		if !slices.ContainsFunc(s.Action, func(pattern string) bool { return matches(strings.ToLower(pattern), strings.ToLower(action)) }) ||
			!slices.ContainsFunc(s.Resource, func(pattern string) bool { return matchesResource(pattern, resource) }) ||
			slices.ContainsFunc(s.Condition, func(c Condition) bool { return !c.holds(s.Effect, keys[strings.ToLower(c.Key)]) }) {
			continue
		}
		if s.Effect != EffectAllow {
			return Denied
		}
		decision = Allowed
	}
	return decision
}

// matchesResource compares ARNs except for their region and account.
func matchesResource(pattern, resource string) bool {
	if pattern == AnyResource {
		return true
	}
	p, r := strings.SplitN(pattern, ":", 6), strings.SplitN(resource, ":", 6)
	return len(p) == 6 && len(r) == 6 && matches(p[1], r[1]) && matches(p[2], r[2]) && matches(p[5], r[5])
}

// matches reports whether a text matches a pattern of * and ?. It takes time proportional to the
// product of their lengths at most.
func matches(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0: // the last star takes one more
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
