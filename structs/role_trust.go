package structs

import (
	"encoding/json"
	"slices"
	"strings"
)

// Trust is a trust policy: who may assume a role. A Deny wins over every Allow.
type Trust []TrustStatement

// TrustStatement lets principals assume the role, or keeps them from it. Statements about other
// ways to assume a role, such as by web identity, are not in a Trust: nobody can come that way.
type TrustStatement struct {
	Effect string
	// AWS are callers: * for all, an account for all callers too, or the ARN of a user, a role or
	// a role's session. Accounts do not count: there is only one.
	AWS []string
	// Services are such as ServiceTasks; * for all.
	Services  []string
	Condition Conditions
}

// ServiceTasks is the principal that gives roles to tasks (ECS).
const ServiceTasks = "ecs-tasks.amazonaws.com"

// TasksTrust is the trust policy of a role for tasks, as ECS's documentation has it.
const TasksTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + ServiceTasks +
	`"},"Action":"sts:AssumeRole"}]}`

// assumeRole is the action of trust policies.
const assumeRole = "sts:AssumeRole"

// otherAssume are the actions that trust policies may have besides, in lower case. Nobody can do
// them here.
var otherAssume = []string{
	"sts:assumerolewithsaml", "sts:assumerolewithwebidentity", "sts:setcontext", "sts:setsourceidentity", "sts:tagsession",
}

// Principal is who wants to assume a role: a service, or a caller by its ARNs.
type Principal struct {
	Service string
	ARNs    []string
}

// ParseTrust reads a trust policy. It refuses what Gantry cannot enforce, as ParsePolicy does.
func ParseTrust(text string) (Trust, error) {
	var document struct {
		Version   string
		ID        string `json:"Id"`
		Statement list[json.RawMessage]
	}
	err := checkTwice([]byte(text))
	if err == nil {
		err = decodePolicy([]byte(text), &document)
	}
	if err != nil {
		return nil, malformed("trust policy: %v", err)
	}
	if len(document.Statement) == 0 {
		return nil, malformed("trust policy: Statement: there is none, so nobody can assume the role")
	}
	var out Trust
	for i, raw := range document.Statement {
		s, err := parseTrustStatement(raw)
		if err != nil {
			return nil, malformed("trust policy: Statement[%d]: %v", i, err)
		}
		if s != nil {
			out = append(out, *s)
		}
	}
	return out, nil
}

func malformed(format string, args ...any) error { return Errorf(KindMalformedPolicy, format, args...) }

// parseTrustStatement returns nil for a statement that nobody here can meet.
func parseTrustStatement(raw []byte) (*TrustStatement, error) {
	var s struct {
		Sid, Effect string
		Principal   json.RawMessage
		Action      list[string]
		Condition   *Conditions
	}
	if err := decodePolicy(raw, &s); err != nil {
		return nil, err
	}
	if s.Effect != EffectAllow && s.Effect != EffectDeny {
		return nil, malformed("Effect: '%s' is neither Allow nor Deny", s.Effect)
	}
	if len(s.Action) == 0 {
		return nil, malformed("Action: there is none; use %s", assumeRole)
	}
	assumes := false
	for _, a := range s.Action {
		a = strings.ToLower(a)
		assumes = assumes || matches(a, strings.ToLower(assumeRole))
		if !matches(a, strings.ToLower(assumeRole)) && !slices.Contains(otherAssume, a) {
			return nil, malformed("Action: '%s' is no action of a trust policy; use %s", a, assumeRole)
		}
	}
	out := &TrustStatement{Effect: s.Effect}
	if err := out.principals(s.Principal); err != nil {
		return nil, err
	}
	if !assumes || len(out.AWS) == 0 && len(out.Services) == 0 {
		return nil, nil
	}
	if s.Condition != nil {
		out.Condition = *s.Condition
	}
	return out, out.checkCondition()
}

// principals reads who a statement is about: "*", or lists by kind.
func (s *TrustStatement) principals(raw json.RawMessage) error {
	if string(raw) == `"*"` {
		s.AWS, s.Services = []string{AnyResource}, []string{AnyResource}
		return nil
	}
	var by map[string]list[string]
	if err := json.Unmarshal(raw, &by); err != nil || len(by) == 0 {
		return malformed(`Principal: it is not like {"Service": "%s"} or {"AWS": "arn:aws:iam::000000000000:role/NAME"}`, ServiceTasks)
	}
	for kind, who := range by {
		switch kind {
		case "AWS":
			s.AWS = who
		case "Service":
			s.Services = who
		case "Federated", "CanonicalUser": // nobody comes as one
		default:
			return malformed("Principal: '%s' is none of AWS, Service, Federated and CanonicalUser", kind)
		}
	}
	for _, arn := range s.AWS {
		if arn != AnyResource && !isAccount(arn) && len(strings.SplitN(arn, ":", 6)) != 6 {
			return malformed("Invalid principal in policy: \"AWS\":\"%s\"", arn)
		}
	}
	return nil
}

func isAccount(text string) bool {
	return len(text) == 12 && strings.Trim(text, "0123456789") == ""
}

// checkCondition refuses conditions that would not have the effect that they state.
func (s *TrustStatement) checkCondition() error {
	for _, c := range s.Condition {
		if err := c.check(); err != nil {
			return err
		}
		_, name, _ := c.split()
		positive := s.Effect == EffectAllow && name != operatorNull && !operators[name].not
		if strings.EqualFold(c.Key, KeySourceAccount) && !positive {
			return malformed("Condition: %s: %s: accounts do not count here, there is only one; leave it out", c.Operator, c.Key)
		}
		if !hasKey(assumeRole, c.Key) {
			return malformed("Condition: %s: %s has no %s", c.Operator, assumeRole, c.Key)
		}
	}
	return nil
}

// Allows reports whether a principal may assume the role, in a request with these condition keys.
func (t Trust) Allows(p Principal, keys PolicyKeys) bool {
	allowed := false
	for _, s := range t {
		if !s.names(p) || slices.ContainsFunc(s.Condition, func(c Condition) bool {
			return !strings.EqualFold(c.Key, KeySourceAccount) && !c.holds(s.Effect, keys[strings.ToLower(c.Key)])
		}) {
			continue
		}
		if s.Effect != EffectAllow {
			return false
		}
		allowed = true
	}
	return allowed
}

func (s *TrustStatement) names(p Principal) bool {
	if p.Service != "" {
		return slices.Contains(s.Services, AnyResource) || slices.Contains(s.Services, p.Service)
	}
	return slices.ContainsFunc(s.AWS, func(arn string) bool {
		if arn == AnyResource || isAccount(arn) || strings.HasPrefix(arn, "arn:") && strings.HasSuffix(arn, ":root") {
			return true
		}
		return slices.ContainsFunc(p.ARNs, func(of string) bool { return unplaced(of) == unplaced(arn) })
	})
}
