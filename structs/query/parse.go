package query

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxLength is the maximum number of characters in an expression (ECS).
const MaxLength = 2000

// Error describes what is wrong with the text of an expression, and what to do about it.
type Error struct {
	Position int // of the character at fault, from 1
	Message  string
}

// Error returns the message with its position.
func (e *Error) Error() string { return fmt.Sprintf("at character %d: %s", e.Position, e.Message) }

// Parse reads an expression. The error, if any, is an *Error.
func Parse(text string) (*Expression, error) {
	if n := utf8.RuneCountInString(text); n > MaxLength {
		return nil, &Error{Position: MaxLength + 1, Message: fmt.Sprintf("the expression has %d characters; it can have at most %d", n, MaxLength)}
	}
	p := &parser{scanner{text: text}}
	root, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.done() {
		return nil, p.errorf("%s does not belong here; join comparisons with 'and' or 'or', and put values with blanks in quotes", p.next())
	}
	return &Expression{root}, nil
}

// parser is a recursive descent parser with one method for each level of precedence. MaxLength
// bounds how deep it goes.
type parser struct{ scanner }

func (p *parser) or() (node, error) {
	var parts or
	for {
		part, err := p.and()
		if err != nil {
			return nil, err
		}
		if inner, ok := part.(or); ok {
			parts = append(parts, inner...)
		} else {
			parts = append(parts, part)
		}
		if !p.accept("||") && !p.acceptWord("or") {
			break
		}
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return parts, nil
}

func (p *parser) and() (node, error) {
	var parts and
	for {
		part, err := p.not()
		if err != nil {
			return nil, err
		}
		if inner, ok := part.(and); ok {
			parts = append(parts, inner...)
		} else {
			parts = append(parts, part)
		}
		if !p.accept("&&") && !p.acceptWord("and") {
			break
		}
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return parts, nil
}

func (p *parser) not() (node, error) {
	if p.accept("!") || p.acceptWord("not") {
		part, err := p.not()
		return not{part}, err
	}
	if !p.accept("(") {
		return p.comparison()
	}
	opened := p.pos
	part, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.accept(")") {
		return part, nil
	}
	if p.done() {
		p.pos = opened - 1
		return nil, p.errorf("this parenthesis is not closed; add ')'")
	}
	return nil, p.errorf("expected 'and', 'or' or ')', found %s", p.next())
}

func (p *parser) comparison() (node, error) {
	subject, at := p.word(subjectEnds)
	if subject == "" {
		return nil, p.errorf("expected a subject, found %s; subjects are attribute:NAME, task:group and %s", p.next(), fieldNames())
	}
	allowed, known := operatorsOf(subject)
	if !known {
		p.pos = at
		return nil, p.errorf("%s", unknownSubject(subject))
	}
	op, at := p.operator()
	if op == opNone {
		return nil, p.errorf("expected an operator after %s, found %s; use one of %s", subject, p.next(), operatorNames(allowed))
	}
	if !slices.Contains(allowed, op) {
		p.pos = at
		return nil, p.errorf("%s cannot be compared with %s; use one of %s", subject, op, operatorNames(allowed))
	}
	c := &comparison{subject: subject, operator: op}
	at, err := p.arguments(c)
	if err != nil {
		return nil, err
	}
	if message := c.compile(); message != "" {
		p.pos = at
		return nil, p.errorf("%s", message)
	}
	return c, nil
}

// arguments reads what follows the operator; at is where it begins.
func (p *parser) arguments(c *comparison) (at int, err error) {
	p.skipBlanks()
	at = p.pos
	switch {
	case c.operator.takesNone():
	case c.operator.takesList():
		c.values, err = p.list(c.operator)
	default:
		var v string
		v, err = p.value(valueEnds)
		c.values = []string{v}
	}
	return at, err
}

func (p *parser) list(op operator) (values []string, err error) {
	if !p.accept("[") {
		return nil, p.errorf("%s takes a list in brackets, such as [a, b], found %s", op, p.next())
	}
	for {
		v, err := p.value(listEnds)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		if p.accept("]") {
			return values, nil
		}
		if !p.accept(",") {
			return nil, p.errorf("expected ',' or ']' in the list, found %s; put values with blanks in quotes", p.next())
		}
	}
}

// errorf returns an error at the next character that is not a blank.
func (p *parser) errorf(format string, args ...any) error {
	p.skipBlanks()
	return &Error{Position: utf8.RuneCountInString(p.text[:p.pos]) + 1, Message: fmt.Sprintf(format, args...)}
}

func operatorNames(ops []operator) string {
	names := make([]string, len(ops))
	for i, op := range ops {
		names[i] = op.String()
	}
	return strings.Join(names, " ")
}
