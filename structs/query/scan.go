package query

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Where a bare word ends, besides at blanks and at the signs && and ||. The meaning of a word
// depends on its position, so a value may contain any sign of the language: =~ [a-c].*|d is one.
const (
	quotes      = `'"`
	subjectEnds = "=!<>~&|()[]," + quotes
	valueEnds   = "()"
	listEnds    = "()[]," + quotes
)

// scanner reads the text of an expression piece by piece.
type scanner struct {
	text string
	pos  int // in bytes
}

func (s *scanner) skipBlanks() {
	s.pos = len(s.text) - len(strings.TrimLeftFunc(s.text[s.pos:], unicode.IsSpace))
}

func (s *scanner) done() bool {
	s.skipBlanks()
	return s.pos == len(s.text)
}

// accept reads a sign if it is next.
func (s *scanner) accept(sign string) bool {
	s.skipBlanks()
	if !strings.HasPrefix(s.text[s.pos:], sign) {
		return false
	}
	s.pos += len(sign)
	return true
}

// acceptWord reads a word of the language, in upper or lower case, if it is next.
func (s *scanner) acceptWord(word string) bool {
	found, at := s.word(subjectEnds)
	if strings.EqualFold(found, word) {
		return true
	}
	s.pos = at
	return false
}

// word reads a bare word, which is empty if there is none; at is where it began.
func (s *scanner) word(ends string) (word string, at int) {
	s.skipBlanks()
	at = s.pos
	s.pos += bareLength(s.text[at:], ends)
	return s.text[at:s.pos], at
}

// bareLength returns how many bytes of a text belong to the bare word at its start.
func bareLength(text, ends string) int {
	for i, r := range text {
		if unicode.IsSpace(r) || strings.ContainsRune(ends, r) || strings.HasPrefix(text[i:], "&&") || strings.HasPrefix(text[i:], "||") {
			return i
		}
	}
	return len(text)
}

// operator reads an operator, or opNone if there is none; at is where it began.
func (s *scanner) operator() (op operator, at int) {
	s.skipBlanks()
	at = s.pos
	for _, o := range operatorSigns() {
		if s.accept(o.sign) {
			return o.op, at
		}
	}
	negated := s.accept("!")
	word, _ := s.word(subjectEnds)
	if negated {
		word = "!" + word
	}
	if op = operatorOf(word); op == opNone {
		s.pos = at
	}
	return op, at
}

// value reads a bare or quoted value.
func (p *parser) value(ends string) (string, error) {
	p.skipBlanks()
	if rest := p.text[p.pos:]; rest != "" && strings.ContainsRune(quotes, rune(rest[0])) {
		return p.quotedValue(rest[0])
	}
	if v, _ := p.word(ends); v != "" {
		if strings.HasPrefix(p.text[p.pos:], "(") {
			return "", p.errorf("a value with parentheses must be in quotes: put ' before and after it")
		}
		return v, nil
	}
	return "", p.errorf("expected a value, found %s; a value that is empty, or has blanks or parentheses, must be in quotes", p.next())
}

func (p *parser) quotedValue(quote byte) (string, error) {
	var value strings.Builder
	for i := p.pos + 1; i < len(p.text); i++ {
		switch {
		case p.text[i] != quote:
			value.WriteByte(p.text[i])
		case i+1 < len(p.text) && p.text[i+1] == quote:
			value.WriteByte(quote)
			i++
		default:
			p.pos = i + 1
			return value.String(), nil
		}
	}
	return "", p.errorf("this quote is not closed; add %c", quote)
}

// next returns the next piece of text, for errors.
func (s *scanner) next() string {
	if s.done() {
		return "the end"
	}
	if n := bareLength(s.text[s.pos:], subjectEnds); n > 0 {
		return strconv.Quote(s.text[s.pos : s.pos+n])
	}
	_, size := utf8.DecodeRuneInString(s.text[s.pos:])
	return strconv.Quote(s.text[s.pos : s.pos+size])
}
