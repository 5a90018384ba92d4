package protocol

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gantry-project/gantry/structs"
)

// NoMin and NoMax stand for a missing bound of a range.
const (
	NoMin = -math.MaxFloat64
	NoMax = math.MaxFloat64
)

// Checker collects the violations of an API model's rules in one request. The generated Check
// methods walk the request and tell it where they are (Enter, Leave), so that each problem names
// the whole path of its member.
type Checker struct {
	// EnumTexts are the service's messages for unknown enum values of certain members, by member
	// name; %s is the list of values. Clients match on them, so the answer has only that message.
	EnumTexts map[string]string

	path     []string
	problems []string
	fixed    string // the first problem that has a message of its own
}

// maxProblems bounds the answer to a request with very many problems.
const maxProblems = 10

// Err returns all problems as one error of kind InvalidParameter; nil if there are none.
func (c *Checker) Err() error {
	switch n := len(c.problems); {
	case c.fixed != "":
		return structs.Errorf(structs.KindInvalidParameter, "%s", c.fixed)
	case n == 0:
		return nil
	case n > maxProblems:
		return structs.Errorf(structs.KindInvalidParameter, "%s; and %d more", strings.Join(c.problems[:maxProblems], "; "), n-maxProblems)
	default:
		return structs.Errorf(structs.KindInvalidParameter, "%s", strings.Join(c.problems, "; "))
	}
}

// Enter starts the checks of a member's own members.
func (c *Checker) Enter(name string) { c.path = append(c.path, name) }

// Leave ends what Enter started.
func (c *Checker) Leave() { c.path = c.path[:len(c.path)-1] }

// Required reports a required member that is absent.
func (c *Checker) Required(name string, present bool) {
	if !present {
		c.problem(name, " is required")
	}
}

// Enum reports a value that is not one of the allowed ones. An absent value is allowed.
func (c *Checker) Enum(name, value string, allowed ...string) {
	if value == "" || slices.Contains(allowed, value) {
		return
	}
	if text, ok := c.EnumTexts[name]; ok && c.fixed == "" {
		c.fixed = fmt.Sprintf(text, strings.Join(allowed, ","))
	}
	c.problem(name, ": '%s' is not one of [%s]", value, strings.Join(allowed, ", "))
}

// Text reports a text that has the wrong length, counted in characters, or does not match the
// pattern. An absent text is allowed. A max of -1 means none, a nil pattern matches all.
func (c *Checker) Text(name, value string, minLen, maxLen int, pattern *regexp.Regexp) {
	if value == "" {
		return
	}
	if n := utf8.RuneCountInString(value); n < minLen || (maxLen >= 0 && n > maxLen) {
		c.problem(name, " has %d characters; %s", n, between(float64(minLen), unlimited(maxLen)))
	}
	if pattern != nil && !pattern.MatchString(value) {
		// as in the model
		shown := strings.TrimSuffix(strings.TrimPrefix(pattern.String(), "^(?:"), ")$")
		c.problem(name, ": '%s' does not match %s", value, shown)
	}
}

// Range reports a number outside its bounds, which are inclusive.
func (c *Checker) Range(name string, v, lowest, highest float64) {
	if v < lowest || v > highest {
		c.problem(name, ": %s is out of range; %s", number(v), between(lowest, highest))
	}
}

// Count reports a list with too few or too many items. A most of -1 means no limit.
func (c *Checker) Count(name string, n, least, most int) {
	if n < least || (most >= 0 && n > most) {
		c.problem(name, " has %d items; %s", n, between(float64(least), unlimited(most)))
	}
}

func (c *Checker) problem(name, format string, args ...any) {
	path := strings.Join(append(slices.Clone(c.path), name), ".")
	c.problems = append(c.problems, path+fmt.Sprintf(format, args...))
}

func unlimited(most int) float64 {
	if most < 0 {
		return NoMax
	}
	return float64(most)
}

func between(lowest, highest float64) string {
	switch {
	case highest == NoMax:
		return fmt.Sprintf("it must be at least %s", number(lowest))
	case lowest == NoMin:
		return fmt.Sprintf("it must be at most %s", number(highest))
	default:
		return fmt.Sprintf("it must be between %s and %s", number(lowest), number(highest))
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// Index names an item of a list.
func Index(name string, i int) string { return fmt.Sprintf("%s[%d]", name, i) }

// Entry names a value of a map by its key.
func Entry(name, key string) string { return fmt.Sprintf("%s[%q]", name, key) }

// Keys returns the keys of a map in their order.
func Keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
