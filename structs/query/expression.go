package query

import "strings"

// Expression is a parsed query. It is immutable and safe for concurrent use.
type Expression struct{ root node }

// node is a part of an expression.
type node interface {
	match(Subject) bool
	// write appends the part in its canonical form, which parses to the same part.
	write(*strings.Builder)
	// failing returns the smallest part that keeps a subject from matching. The node must not match
	// it.
	failing(Subject) node
	// each calls fn for every comparison.
	each(fn func(*comparison))
}

type (
	// and and or have at least two parts, none of their own type: a and (b and c) is a and b and c.
	and        []node
	or         []node
	not        struct{ part node }
	comparison struct {
		subject  string // attribute:NAME, task:group or a field
		operator operator
		// values are the arguments as they were written, without quotes: none, one, or a list.
		values []string
		// holds reports whether one value of the subject satisfies the comparison.
		holds func(value string) bool
	}
)

// String returns the expression in its canonical form.
func (e *Expression) String() string { return text(e.root) }

// All joins expressions by and; there must be at least one.
func All(expressions ...*Expression) *Expression {
	var parts and
	for _, e := range expressions {
		if inner, ok := e.root.(and); ok {
			parts = append(parts, inner...)
		} else {
			parts = append(parts, e.root)
		}
	}
	if len(parts) == 1 {
		return &Expression{parts[0]}
	}
	return &Expression{parts}
}

func text(n node) string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (a and) write(b *strings.Builder) {
	for i, part := range a {
		if i > 0 {
			b.WriteString(" and ")
		}
		if _, weaker := part.(or); weaker {
			writeIn(b, part)
		} else {
			part.write(b)
		}
	}
}

func (o or) write(b *strings.Builder) {
	for i, part := range o {
		if i > 0 {
			b.WriteString(" or ")
		}
		part.write(b)
	}
}

func (n not) write(b *strings.Builder) {
	b.WriteString("not ")
	writeIn(b, n.part)
}

func writeIn(b *strings.Builder, part node) {
	b.WriteByte('(')
	part.write(b)
	b.WriteByte(')')
}

func (c *comparison) write(b *strings.Builder) {
	b.WriteString(c.subject + " " + c.operator.String())
	switch {
	case c.operator.takesList():
		b.WriteString(" [")
		for i, v := range c.values {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(quoted(v, listEnds))
		}
		b.WriteByte(']')
	case len(c.values) > 0:
		b.WriteString(" " + quoted(c.values[0], valueEnds))
	}
}

// quoted returns a value as it must be written where a bare word ends at any of the given
// characters.
func quoted(v, ends string) string {
	if v != "" && bareLength(v, ends) == len(v) && !strings.ContainsRune(quotes, rune(v[0])) {
		return v
	}
	return "'" + strings.ReplaceAll(v, "'", "''") + "'"
}
