package protocol

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gantry-project/gantry/structs"
)

// NoMin and NoMax stand for a bound that a range does not have.
const (
	NoMin = -math.MaxFloat64
	NoMax = math.MaxFloat64
)

// Checker collects what breaks the rules of an API model in one request. The generated Check
// methods walk the request and tell it where they are (Enter, Leave), so that each problem names
// the whole path of its member.
type Checker struct {
	// EnumTexts are the texts that a service answers for certain members with an unknown enum
	// value, by member name; %s is the list of values. Clients match on them, so such a text stands
	// alone in the answer.
	EnumTexts map[string]string

	path     []string
	problems []string
	fixed    string // the first problem that has a text of its own
}

// maxProblems bounds the answer to a request with very many problems.
const maxProblems = 10

// Err returns everything that was found as one error of kind InvalidParameter; nil when nothing
// was.
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

// Enter and Leave say that the members checked in between belong to the named one.
func (c *Checker) Enter(name string) { c.path = append(c.path, name) }

// Leave ends what Enter began.
func (c *Checker) Leave() { c.path = c.path[:len(c.path)-1] }

// Required reports a member that must be there and is not.
func (c *Checker) Required(name string, present bool) {
	if !present {
		c.problem(name, " is required")
	}
}

// Enum reports a value that is not one of the allowed; an absent one is allowed.
func (c *Checker) Enum(name, value string, allowed ...string) {
	if value == "" || slices.Contains(allowed, value) {
		return
	}
	if text, ok := c.EnumTexts[name]; ok && c.fixed == "" {
		c.fixed = fmt.Sprintf(text, strings.Join(allowed, ","))
	}
	c.problem(name, ": '%s' is not one of [%s]", value, strings.Join(allowed, ", "))
}

// Text reports a text of the wrong length, counted in characters, or that does not match the
// pattern; an absent text is allowed. A max of -1 means none, a nil pattern matches all.
func (c *Checker) Text(name, value string, minLen, maxLen int, pattern *regexp.Regexp) {
	if value == "" {
		return
	}
	if n := utf8.RuneCountInString(value); n < minLen || (maxLen >= 0 && n > maxLen) {
		c.problem(name, " has %d characters; %s", n, between(float64(minLen), unlimited(maxLen)))
	}
	if pattern != nil && !pattern.MatchString(value) {
		// as the model has it
		shown := strings.TrimSuffix(strings.TrimPrefix(pattern.String(), "^(?:"), ")$")
		c.problem(name, ": '%s' does not match %s", value, shown)
	}
}

// Range reports a number outside of its bounds, which are inclusive.
func (c *Checker) Range(name string, v, lowest, highest float64) {
	if v < lowest || v > highest {
		c.problem(name, ": %s is out of range; %s", number(v), between(lowest, highest))
	}
}

// Count reports a list with too few or too many items. A most of -1 means none.
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
