package filter

import (
	"fmt"
	"regexp"
	"strings"
)

// Pattern is a filter pattern. Safe for concurrent use.
type Pattern struct{ matches func(message string) bool }

// Matches reports whether the pattern selects a message.
func (p *Pattern) Matches(message string) bool { return p.matches(message) }

// Parse parses a filter pattern. The error is for its author. An empty pattern selects everything.
func Parse(text string) (*Pattern, error) {
	text = strings.TrimSpace(text)
	var err error
	p := &Pattern{}
	switch {
	case text == "":
		p.matches = func(string) bool { return true }
	case text[0] == '{':
		p.matches, err = parseJSON(text)
	case text[0] == '[':
		p.matches, err = parseFields(text)
	default:
		p.matches, err = parseTerms(text)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// plainTerm matches a term that needs no quotes.
var plainTerm = regexp.MustCompile(`^[\p{L}\p{N}_]+$`)

// parseTerms parses a pattern of terms: all of those without a sign must be in the message and none
// of those with a minus, or one of those with a question mark.
func parseTerms(text string) (func(string) bool, error) {
	var all, none, some []func(string) bool
	s := &scanner{text: text}
	for s.skip(); !s.end(); s.skip() {
		into := &all
		switch s.peek() {
		case '-':
			into = &none
			s.at++
		case '?':
			into = &some
			s.at++
		}
		term, err := s.term()
		if err != nil {
			return nil, err
		}
		*into = append(*into, term)
	}
	if len(some) > 0 && len(all)+len(none) > 0 {
		return nil, fmt.Errorf("terms with a ? cannot be combined with others, as CloudWatch Logs ignores their ? then")
	}
	return func(message string) bool {
		for _, has := range none {
			if has(message) {
				return false
			}
		}
		for _, has := range all {
			if !has(message) {
				return false
			}
		}
		for _, has := range some {
			if has(message) {
				return true
			}
		}
		return len(some) == 0
	}, nil
}

// term parses a term, a quoted phrase or a regular expression.
func (s *scanner) term() (func(string) bool, error) {
	switch {
	case s.peek() == '"':
		phrase, err := s.quoted()
		return func(m string) bool { return strings.Contains(m, phrase) }, err
	case s.peek() == '%':
		return s.expression()
	}
	word := s.until(func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' })
	if !plainTerm.MatchString(word) {
		return nil, fmt.Errorf(`invalid character(s) in term '%s': put a term with other characters than letters, digits and _ into double quotes`, word)
	}
	return func(m string) bool { return strings.Contains(m, word) }, nil
}

// expression parses %REGULAR EXPRESSION%.
func (s *scanner) expression() (func(string) bool, error) {
	inner, rest, closed := strings.Cut(s.text[s.at+1:], "%")
	if !closed {
		return nil, fmt.Errorf("the regular expression that begins at %d has no %% at its end", s.at+1)
	}
	s.at = len(s.text) - len(rest)
	re, err := regexp.Compile(inner)
	if err != nil {
		return nil, fmt.Errorf("'%s' is not a regular expression: %v", inner, err)
	}
	return re.MatchString, nil
}
