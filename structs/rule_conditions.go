package structs

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

var (
	// hostValues, pathValues and methodValues are what values may be made of (elbv2).
	hostValues    = regexp.MustCompile(`^[A-Za-z0-9.*?:-]+$`)
	pathValues    = regexp.MustCompile(`^[A-Za-z0-9_.$/~"'@:+&*?=%,;!()\[\]|{}^-]+$`)
	methodValues  = regexp.MustCompile(`^[A-Z_-]{1,40}$`)
	headerNames   = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
	onlyOnce      = []string{FieldHostHeader, FieldPathPattern, FieldRequestMethod, FieldSourceIP}
	withRegex     = []string{FieldHostHeader, FieldPathPattern, FieldHTTPHeader}
	allConditions = []string{FieldHostHeader, FieldPathPattern, FieldHTTPHeader, FieldRequestMethod, FieldQueryString, FieldSourceIP}
)

// Validate reports what is wrong with a rule of a listener. Whether its target groups exist is
// checked when it is written.
func (r *ListenerRule) Validate(l *Listener) error {
	switch {
	case !IsHTTP(l.Protocol):
		return Errorf(KindUnsupportedProtocol, "Rules are not supported for listeners with the protocol '%s'", l.Protocol)
	case len(r.Conditions) == 0:
		return Errorf(KindInvalidParameter, "A condition must be specified")
	}
	if err := CheckRulePriority(r.Priority); err != nil {
		return err
	}
	values, wildcards := 0, 0
	for i := range r.Conditions {
		c := &r.Conditions[i]
		if slices.Contains(onlyOnce, c.Field) && slices.ContainsFunc(r.Conditions[:i], func(o RuleCondition) bool { return o.Field == c.Field }) {
			return Errorf(KindInvalidParameter, "A rule can only have one '%s' condition", c.Field)
		}
		if err := c.validate(); err != nil {
			return err
		}
		values += len(c.Values) + len(c.Regex) + len(c.Query)
		wildcards += c.wildcards()
	}
	if values > MaxConditionValues {
		return Errorf(KindInvalidParameter, "A rule can only have '%d' condition values, and this one has %d", MaxConditionValues, values)
	}
	if wildcards > MaxConditionWildcards {
		return Errorf(KindInvalidParameter, "A rule can only have '%d' wildcards in its conditions, and this one has %d", MaxConditionWildcards, wildcards)
	}
	return l.CheckActions(r.Actions)
}

// CheckRulePriority reports a priority that no rule can have.
func CheckRulePriority(n int) error {
	if n < 1 || n > maxRulePriority {
		return Errorf(KindInvalidParameter, "Priority '%d' must be between 1 and %d", n, maxRulePriority)
	}
	return nil
}

func (c *RuleCondition) wildcards() (n int) {
	if c.Field == FieldSourceIP || c.Field == FieldRequestMethod {
		return 0
	}
	for _, v := range c.Values {
		n += strings.Count(v, "*") + strings.Count(v, "?")
	}
	for _, q := range c.Query {
		n += strings.Count(q.Key+q.Value, "*") + strings.Count(q.Key+q.Value, "?")
	}
	return n
}

func (c *RuleCondition) validate() error {
	switch {
	case !slices.Contains(allConditions, c.Field):
		return Errorf(KindInvalidParameter, "Condition field '%s' must be one of '[%s]'", c.Field, strings.Join(allConditions, ", "))
	case len(c.Values)+len(c.Regex)+len(c.Query) == 0:
		return Errorf(KindInvalidParameter, "A condition value must be specified for the field '%s'", c.Field)
	case len(c.Values) > 0 && len(c.Regex) > 0:
		return Errorf(KindInvalidParameter, "A condition of the field '%s' has either values or regular expressions", c.Field)
	case len(c.Regex) > 0 && !slices.Contains(withRegex, c.Field):
		return Errorf(KindInvalidParameter, "Regular expressions are not supported for the condition field '%s'", c.Field)
	case len(c.Query) > 0 != (c.Field == FieldQueryString):
		return Errorf(KindInvalidParameter, "A condition of the field '%s' cannot have values of this kind", c.Field)
	case c.Field == FieldHTTPHeader && (len(c.Header) > maxConditionHeaderName || !headerNames.MatchString(c.Header)):
		return Errorf(KindInvalidParameter, "The HTTP header name '%s' must have between 1 and %d characters that names of headers can have", c.Header, maxConditionHeaderName)
	case c.Field == FieldHTTPHeader && strings.EqualFold(c.Header, "Host"):
		return Errorf(KindInvalidParameter, "A condition on the header Host is one of the field '%s'", FieldHostHeader)
	}
	for _, pattern := range c.Regex {
		if err := checkRegex(pattern); err != nil {
			return err
		}
	}
	for _, q := range c.Query {
		if q.Value == "" || len(q.Key) > maxConditionValue || len(q.Value) > maxConditionValue {
			return Errorf(KindInvalidParameter, "A query string condition has a value, and its key and value have at most %d characters", maxConditionValue)
		}
	}
	for _, v := range c.Values {
		if err := c.checkValue(v); err != nil {
			return err
		}
	}
	return nil
}

func (c *RuleCondition) checkValue(v string) error {
	if v == "" || len(v) > maxConditionValue {
		return Errorf(KindInvalidParameter, "A condition value of the field '%s' must have between 1 and %d characters", c.Field, maxConditionValue)
	}
	ok := true
	switch c.Field {
	case FieldHostHeader:
		ok = hostValues.MatchString(v)
	case FieldPathPattern:
		ok = pathValues.MatchString(v)
	case FieldRequestMethod:
		ok = methodValues.MatchString(v)
	case FieldSourceIP:
		_, err := netip.ParsePrefix(v)
		ok = err == nil
	case FieldHTTPHeader:
		ok = !strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r >= 0x7f })
	}
	if !ok {
		return Errorf(KindInvalidParameter, "Condition value '%s' is not valid for the field '%s'", v, c.Field)
	}
	return nil
}

// checkRegex takes the regular expressions of RE2, which need no more time than the text is long.
func checkRegex(pattern string) error {
	if pattern == "" || len(pattern) > maxConditionValue {
		return Errorf(KindInvalidParameter, "A regular expression must have between 1 and %d characters", maxConditionValue)
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return Errorf(KindInvalidParameter, "The regular expression '%s' is not valid: %v", pattern, err)
	}
	return nil
}
