package filter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// test is a condition on the value of a JSON message.
type test func(message any) bool

// maxDepth bounds how deep parentheses may nest.
const maxDepth = 50

// parseJSON parses { CONDITION }. A message that is not a JSON object does not match.
func parseJSON(text string) (func(string) bool, error) {
	s := &scanner{text: text}
	s.take("{")
	holds, err := s.or(0)
	if err != nil {
		return nil, err
	}
	if !s.take("}") {
		return nil, fmt.Errorf("expected && or || or }, not %s", s.rest())
	}
	if s.skip(); !s.end() {
		return nil, fmt.Errorf("%s is after the end of the JSON pattern", s.rest())
	}
	return func(message string) bool {
		if !strings.HasPrefix(strings.TrimLeft(message, " \t\r\n"), "{") {
			return false
		}
		d := json.NewDecoder(bytes.NewReader([]byte(message)))
		d.UseNumber()
		var value any
		return d.Decode(&value) == nil && holds(value)
	}, nil
}

func (s *scanner) or(depth int) (test, error) {
	left, err := s.and(depth)
	for err == nil && s.take("||") {
		var right test
		a := left
		if right, err = s.and(depth); err == nil {
			left = func(m any) bool { return a(m) || right(m) }
		}
	}
	return left, err
}

func (s *scanner) and(depth int) (test, error) {
	left, err := s.condition(depth)
	for err == nil && s.take("&&") {
		var right test
		a := left
		if right, err = s.condition(depth); err == nil {
			left = func(m any) bool { return a(m) && right(m) }
		}
	}
	return left, err
}

// condition takes SELECTOR OPERATOR VALUE, or a condition in parentheses.
func (s *scanner) condition(depth int) (test, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("more than %d parentheses are in each other", maxDepth)
	}
	if s.take("(") {
		inner, err := s.or(depth + 1)
		if err == nil && !s.take(")") {
			err = fmt.Errorf("expected ), not %s", s.rest())
		}
		return inner, err
	}
	path, err := s.selector()
	if err != nil {
		return nil, err
	}
	switch {
	case s.word("NOT"):
		if !s.word("EXISTS") {
			return nil, fmt.Errorf("expected EXISTS after NOT, not %s", s.rest())
		}
		return func(m any) bool { return len(find(m, path)) == 0 }, nil
	case s.word("IS"):
		for name, value := range map[string]any{"NULL": nil, "TRUE": true, "FALSE": false} {
			if s.word(name) {
				return path.some(func(v any) bool { return v == value }), nil
			}
		}
		return nil, fmt.Errorf("expected NULL, TRUE or FALSE after IS, not %s", s.rest())
	}
	matches, err := s.comparison()
	if err != nil {
		return nil, err
	}
	return path.some(func(v any) bool {
		text, ok := scalar(v)
		return ok && matches(text)
	}), nil
}

// path is the way from an object to a value: names of members, indexes of lists, or every (*).
type path []step

type step struct {
	name  string
	index int // -1: a name
	every bool
}

// some reports whether a condition holds for one of the values at a path. It does not for a value
// that is not there.
func (p path) some(holds func(any) bool) test {
	return func(m any) bool {
		for _, v := range find(m, p) {
			if holds(v) {
				return true
			}
		}
		return false
	}
}

// selector takes $.NAME.NAME[0].NAME; a name with other characters is in ['…'] or ["…"].
func (s *scanner) selector() (path, error) {
	if !s.take("$") {
		return nil, fmt.Errorf("expected a selector, such as $.status, not %s", s.rest())
	}
	var p path
	for {
		switch s.peek() {
		case '.':
			s.at++
			name := s.until(func(r rune) bool { return strings.ContainsRune(" \t\r\n.[]=<>!&|(){}\"'", r) })
			if name == "" {
				return nil, fmt.Errorf("expected a name after . in a selector, not %s", s.rest())
			}
			p = append(p, step{name: name, index: -1, every: name == "*"})
		case '[':
			s.at++
			inner := s.until(func(r rune) bool { return r == ']' })
			if s.peek() != ']' {
				return nil, fmt.Errorf("a selector has [ without ]")
			}
			s.at++
			at, err := bracket(strings.TrimSpace(inner))
			if err != nil {
				return nil, err
			}
			p = append(p, at)
		default:
			if len(p) == 0 {
				return nil, fmt.Errorf("expected . or [ after $, not %s", s.rest())
			}
			return p, nil
		}
	}
}

func bracket(inner string) (step, error) {
	if n := len(inner); n >= 2 && (inner[0] == '\'' || inner[0] == '"') && inner[n-1] == inner[0] {
		return step{name: inner[1 : n-1], index: -1}, nil
	}
	if inner == "*" {
		return step{every: true, index: -1}, nil
	}
	index, err := strconv.Atoi(inner)
	if err != nil || index < 0 {
		return step{}, fmt.Errorf("[%s] in a selector is neither an index nor *", inner)
	}
	return step{index: index}, nil
}

// find returns the values at a path.
func find(v any, p path) []any {
	if len(p) == 0 {
		return []any{v}
	}
	var found []any
	switch of := v.(type) {
	case map[string]any:
		if p[0].every {
			for _, member := range of {
				found = append(found, find(member, p[1:])...)
			}
		} else if member, ok := of[p[0].name]; ok && p[0].index < 0 {
			return find(member, p[1:])
		}
	case []any:
		if p[0].every {
			for _, item := range of {
				found = append(found, find(item, p[1:])...)
			}
		} else if p[0].index >= 0 && p[0].index < len(of) {
			return find(of[p[0].index], p[1:])
		}
	}
	return found
}

// scalar returns the text of a value that can be compared.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}
