package filter

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// scanner reads a pattern from left to right.
type scanner struct {
	text string
	at   int
}

func (s *scanner) end() bool { return s.at >= len(s.text) }

// peek returns the next byte; zero at the end.
func (s *scanner) peek() byte {
	if s.end() {
		return 0
	}
	return s.text[s.at]
}

// skip skips blanks.
func (s *scanner) skip() {
	for !s.end() && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
}

// take skips blanks and then a text, and reports whether it is there.
func (s *scanner) take(text string) bool {
	s.skip()
	if !strings.HasPrefix(s.text[s.at:], text) {
		return false
	}
	s.at += len(text)
	return true
}

// word takes the next word if it is this one, whatever its case.
func (s *scanner) word(want string) bool {
	s.skip()
	end := s.at + len(want)
	if end > len(s.text) || !strings.EqualFold(s.text[s.at:end], want) {
		return false
	}
	if next, _ := utf8.DecodeRuneInString(s.text[end:]); end < len(s.text) && plainTerm.MatchString(string(next)) {
		return false
	}
	s.at = end
	return true
}

// until returns the text before the first character for which stop is true.
func (s *scanner) until(stop func(rune) bool) string {
	n := strings.IndexFunc(s.text[s.at:], stop)
	if n < 0 {
		n = len(s.text) - s.at
	}
	word := s.text[s.at : s.at+n]
	s.at += n
	return word
}

// quoted takes a text in double quotes, in which \ is before " and itself.
func (s *scanner) quoted() (string, error) {
	begin := s.at
	var b strings.Builder
	for s.at++; !s.end(); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return b.String(), nil
		case c == '\\' && s.at+1 < len(s.text) && strings.IndexByte(`"\`, s.text[s.at+1]) >= 0:
			s.at++
			b.WriteByte(s.text[s.at])
		default:
			b.WriteByte(c)
		}
	}
	return "", fmt.Errorf("the text that begins at %d has no double quote at its end", begin+1)
}

// rest returns what was not read, for messages.
func (s *scanner) rest() string { return strconv.Quote(s.text[s.at:]) }

// operators, the longer ones before those that they begin with.
var operators = []string{"!=", ">=", "<=", "=", ">", "<"}

// comparison takes an operator and a value, and returns the test of a field's text.
func (s *scanner) comparison() (func(string) bool, error) {
	for _, op := range operators {
		if !s.take(op) {
			continue
		}
		s.skip()
		if s.peek() == '%' && (op == "=" || op == "!=") {
			has, err := s.expression()
			return func(text string) bool { return has(text) == (op == "=") }, err
		}
		value, err := s.value()
		if err != nil {
			return nil, err
		}
		return compare(op, value)
	}
	return nil, fmt.Errorf("expected one of %s, not %s", strings.Join(operators, " "), s.rest())
}

// value takes a quoted text, or one without quotes.
func (s *scanner) value() (string, error) {
	if s.peek() == '"' {
		return s.quoted()
	}
	value := s.until(func(r rune) bool { return strings.ContainsRune(" \t\r\n,&|(){}[]=<>!", r) })
	if value == "" {
		return "", fmt.Errorf("expected a value, not %s", s.rest())
	}
	return value, nil
}

// compare returns the test of a field's text by an operator and a value. Numbers are compared as
// such; a * in other values stands for any characters.
func compare(op, value string) (func(string) bool, error) {
	number, err := strconv.ParseFloat(value, 64)
	isNumber := err == nil
	switch op {
	case "=", "!=":
		return func(text string) bool {
			same := wildcard(value, text)
			if n, err := strconv.ParseFloat(text, 64); isNumber && err == nil {
				same = n == number
			}
			return same == (op == "=")
		}, nil
	}
	if !isNumber {
		return nil, fmt.Errorf("%s compares numbers, and '%s' is none", op, value)
	}
	return func(text string) bool {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return false
		}
		switch op {
		case ">":
			return n > number
		case "<":
			return n < number
		case ">=":
			return n >= number
		}
		return n <= number
	}, nil
}

// wildcard reports whether a text matches a pattern in which * stands for any characters. It takes
// time proportional to the product of their lengths at most.
func wildcard(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	first, last := parts[0], parts[len(parts)-1]
	if !strings.HasPrefix(text, first) || len(text) < len(first)+len(last) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		n := strings.Index(text, part)
		if n < 0 {
			return false
		}
		text = text[n+len(part):]
	}
	return true
}
