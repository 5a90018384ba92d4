package filter

import (
	"fmt"
	"regexp"
	"strings"
)

// field is one part of a pattern in brackets: a name, with conditions or without.
type field struct {
	dots    bool              // ... stands for any number of fields
	matches func(string) bool // nil: anything
}

var fieldName = regexp.MustCompile(`^[\p{L}\p{N}_.$@#-]*$`)

// parseFields parses [NAME, NAME=VALUE, ..., NAME>3 && NAME<5]. A message matches if it has as many
// fields as the pattern, and all conditions hold.
func parseFields(text string) (func(string) bool, error) {
	s := &scanner{text: text}
	s.take("[")
	var fields []field
	dots := 0
	for {
		f, err := s.field()
		if err != nil {
			return nil, err
		}
		if f.dots {
			dots++
		}
		fields = append(fields, f)
		if s.take("]") {
			break
		}
		if !s.take(",") {
			return nil, fmt.Errorf("expected a comma or ], not %s", s.rest())
		}
	}
	if s.skip(); !s.end() {
		return nil, fmt.Errorf("%s is after the end of the pattern in brackets", s.rest())
	}
	if dots > 1 {
		return nil, fmt.Errorf("... may be there once")
	}
	return func(message string) bool { return matchFields(fields, split(message)) }, nil
}

// field takes one part: NAME, or conditions on it.
func (s *scanner) field() (field, error) {
	if s.take("...") {
		return field{dots: true}, nil
	}
	holds, err := s.fieldAnd()
	for err == nil && s.take("||") {
		var right func(string) bool
		left := holds
		if right, err = s.fieldAnd(); err == nil {
			holds = either(left, right)
		}
	}
	return field{matches: holds}, err
}

func either(a, b func(string) bool) func(string) bool {
	return func(text string) bool { return a == nil || b == nil || a(text) || b(text) }
}

func (s *scanner) fieldAnd() (func(string) bool, error) {
	all, err := s.fieldCondition()
	for err == nil && s.take("&&") {
		var right func(string) bool
		left := all
		if right, err = s.fieldCondition(); err == nil {
			all = func(text string) bool { return (left == nil || left(text)) && (right == nil || right(text)) }
		}
	}
	return all, err
}

// fieldCondition takes NAME, or NAME OPERATOR VALUE. It returns nil for the first.
func (s *scanner) fieldCondition() (func(string) bool, error) {
	s.skip()
	name := strings.TrimSpace(s.until(func(r rune) bool { return strings.ContainsRune(",]=<>!&|() \t\"[{", r) }))
	if !fieldName.MatchString(name) {
		return nil, fmt.Errorf("'%s' is not the name of a field", name)
	}
	s.skip()
	switch s.peek() {
	case ',', ']', '&', '|', 0:
		return nil, nil
	}
	return s.comparison()
}

// matchFields reports whether the fields of a message match.
func matchFields(want []field, have []string) bool {
	for i, f := range want {
		if !f.dots {
			continue
		}
		after := len(want) - i - 1
		if len(have) < i+after {
			return false
		}
		return matchEach(want[:i], have[:i]) && matchEach(want[i+1:], have[len(have)-after:])
	}
	return len(want) == len(have) && matchEach(want, have)
}

func matchEach(want []field, have []string) bool {
	for i, f := range want {
		if f.matches != nil && !f.matches(have[i]) {
			return false
		}
	}
	return true
}

// split returns the fields of a message: blanks separate them, but not between brackets or double
// quotes, which are left out.
func split(message string) (fields []string) {
	for message = strings.TrimSpace(message); message != ""; message = strings.TrimLeft(message, " \t") {
		closing := ""
		switch message[0] {
		case '[':
			closing = "]"
		case '"':
			closing = `"`
		}
		if inner, rest, ok := strings.Cut(message[1:], closing); closing != "" && ok {
			fields, message = append(fields, inner), rest
			continue
		}
		n := strings.IndexAny(message, " \t")
		if n < 0 {
			n = len(message)
		}
		fields, message = append(fields, message[:n]), message[n:]
	}
	return fields
}
