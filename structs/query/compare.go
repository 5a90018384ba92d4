package query

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// compile prepares holds from the text. It returns what is wrong with the arguments, or "" if
// nothing is.
func (c *comparison) compile() (message string) {
	switch c.operator {
	case opExists, opNotExists:
		c.holds = func(string) bool { return true }
	case opMatches, opNotMatches:
		return c.compilePattern()
	case opIn, opNotIn:
		values := make([]string, len(c.values))
		for i, v := range c.values {
			if values[i], message = c.normal(v); message != "" {
				return message
			}
		}
		in := c.operator == opIn
		c.holds = func(v string) bool { return slices.Contains(values, v) == in }
	default:
		return c.compileOrder()
	}
	return ""
}

// normal returns an argument in the form of the subject's values.
func (c *comparison) normal(v string) (normal, message string) {
	switch c.subject {
	case FieldContainerInstanceArn: // an ARN ends in the id
		return v[strings.LastIndexByte(v, '/')+1:], ""
	case FieldAgentConnected:
		if v = strings.ToLower(v); v != "true" && v != "false" {
			return "", "agentConnected is true or false"
		}
	}
	return v, ""
}

// compilePattern matches the whole value against a regular expression.
func (c *comparison) compilePattern() (message string) {
	pattern := c.values[0]
	_, err := regexp.Compile(pattern)
	if err != nil {
		return fmt.Sprintf("'%s' is not a regular expression that can be used here: %s", pattern, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	whole, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
	if err != nil {
		return fmt.Sprintf("the regular expression '%s' is too big", pattern)
	}
	matches := c.operator == opMatches
	c.holds = func(v string) bool { return whole.MatchString(v) == matches }
	return ""
}

// compileOrder is for operators that compare a value with the argument.
func (c *comparison) compileOrder() (message string) {
	compare, message := c.comparer()
	if message != "" {
		return message
	}
	want := map[operator][]int{
		opEquals: {0}, opNotEquals: {-1, 1}, opGreater: {1}, opGreaterEqual: {0, 1}, opLess: {-1}, opLessEqual: {-1, 0},
	}[c.operator]
	c.holds = func(v string) bool {
		order, ok := compare(v)
		return ok && slices.Contains(want, order)
	}
	return ""
}

// comparer returns how a value of the subject compares with the argument (-1, 0 or 1), and whether
// they can be compared.
func (c *comparison) comparer() (compare func(value string) (order int, ok bool), message string) {
	argument := c.values[0]
	switch c.subject {
	case FieldRegisteredAt:
		at, ok := parseTime(argument)
		if !ok {
			return nil, fmt.Sprintf("'%s' is not a time; write 2018-06-18T22:28:28Z or 2018-06-18", argument)
		}
		return func(value string) (int, bool) {
			t, ok := parseTime(value)
			return t.Truncate(time.Second).Compare(at), ok
		}, ""
	case FieldAgentVersion:
		return func(value string) (int, bool) { return compareVersions(value, argument), true }, ""
	case FieldRunningTasksCount, FieldPendingTasksCount:
		if _, ok := parseNumber(argument); !ok {
			return nil, fmt.Sprintf("'%s' is not a number, but %s is one", argument, c.subject)
		}
		return numberComparer(argument), ""
	}
	_, isNumber := parseNumber(argument)
	if isNumber && c.operator != opEquals && c.operator != opNotEquals {
		return numberComparer(argument), ""
	}
	argument, message = c.normal(argument)
	return func(value string) (int, bool) { return strings.Compare(value, argument), true }, message
}

func numberComparer(argument string) func(string) (int, bool) {
	want, _ := parseNumber(argument)
	return func(value string) (int, bool) {
		n, ok := parseNumber(value)
		return cmp.Compare(n, want), ok
	}
}

// parseNumber accepts digits with a sign and a fraction, but not Go's other forms of numbers (1e9,
// 0x10, Inf).
func parseNumber(s string) (n float64, ok bool) {
	if strings.Trim(s, "0123456789.-+") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}

// parseTime accepts the forms of ECS's documentation.
func parseTime(s string) (t time.Time, ok bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return t, false
}

// compareVersions compares 1.14.5 with 1.9 part by part, numbers as numbers; missing parts are
// zero. As in semantic versioning, a version with a hyphenated suffix comes before the one without,
// and anything after a plus sign is ignored.
func compareVersions(a, b string) int {
	main := func(v string) (parts []string, pre string) {
		v, _, _ = strings.Cut(strings.TrimPrefix(v, "v"), "+")
		v, pre, _ = strings.Cut(v, "-")
		return strings.Split(v, "."), pre
	}
	as, preA := main(a)
	bs, preB := main(b)
	for len(as) < len(bs) {
		as = append(as, "0")
	}
	for len(bs) < len(as) {
		bs = append(bs, "0")
	}
	order := slices.CompareFunc(as, bs, comparePart)
	if order == 0 && (preA == "") != (preB == "") {
		if preA == "" {
			return 1
		}
		return -1
	}
	return cmp.Or(order, strings.Compare(preA, preB))
}

func comparePart(a, b string) int {
	m, errA := strconv.ParseUint(a, 10, 64)
	n, errB := strconv.ParseUint(b, 10, 64)
	if errA != nil || errB != nil {
		return strings.Compare(a, b)
	}
	return cmp.Compare(m, n)
}
