package query

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Subject is an instance as seen by expressions.
type Subject interface {
	// Attribute returns the value of the named attribute, which may be empty, and whether the
	// instance has it.
	Attribute(name string) (value string, ok bool)
	// Field returns the value of a field, and whether it has one: agentConnected as true or false,
	// containerInstanceArn as the id alone, registeredAt as in RFC 3339.
	Field(name string) (value string, ok bool)
	// Groups returns the group of each task on the instance; the same group may come more than
	// once.
	Groups() iter.Seq[string]
}

// The fields of an instance.
const (
	FieldAgentConnected       = "agentConnected"
	FieldAgentVersion         = "agentVersion"
	FieldEC2InstanceID        = "ec2InstanceId"
	FieldContainerInstanceArn = "containerInstanceArn"
	FieldRegisteredAt         = "registeredAt"
	FieldRunningTasksCount    = "runningTasksCount"
	FieldPendingTasksCount    = "pendingTasksCount"
)

const (
	attributePrefix = "attribute:"
	taskGroup       = "task:group"
)

// operatorsOf returns the operators that a subject may be used with; for fields they follow ECS's
// documentation.
func operatorsOf(subject string) (allowed []operator, known bool) {
	text := []operator{opEquals, opNotEquals, opIn, opNotIn, opMatches, opNotMatches}
	order := []operator{opEquals, opNotEquals, opGreater, opGreaterEqual, opLess, opLessEqual}
	switch subject {
	case FieldAgentConnected, FieldEC2InstanceID, FieldContainerInstanceArn:
		return text, true
	case FieldAgentVersion, FieldRegisteredAt, FieldRunningTasksCount, FieldPendingTasksCount:
		return order, true
	}
	if name, ok := strings.CutPrefix(subject, attributePrefix); subject == taskGroup || ok && name != "" {
		return slices.Concat(order, text[2:], []operator{opExists, opNotExists}), true
	}
	return nil, false
}

func fields() []string {
	return []string{FieldAgentConnected, FieldAgentVersion, FieldEC2InstanceID, FieldContainerInstanceArn, FieldRegisteredAt,
		FieldRunningTasksCount, FieldPendingTasksCount}
}

func fieldNames() string { return strings.Join(fields(), ", ") }

// unknownSubject returns what to write instead of a subject that does not exist.
func unknownSubject(subject string) string {
	if subject == attributePrefix {
		return "the name of the attribute is missing: write attribute:NAME"
	}
	for _, known := range append(fields(), taskGroup) {
		if strings.EqualFold(known, subject) {
			return fmt.Sprintf("unknown subject '%s'; write it as %s", subject, known)
		}
	}
	if name, ok := strings.CutPrefix(strings.ToLower(subject), attributePrefix); ok {
		return fmt.Sprintf("unknown subject '%s'; write attribute:%s", subject, subject[len(subject)-len(name):])
	}
	return fmt.Sprintf("unknown subject '%s'; write attribute:%s if it is an attribute, else task:group or one of %s", subject, subject, fieldNames())
}

// Match reports whether the expression selects a subject.
func (e *Expression) Match(s Subject) bool { return e.root.match(s) }

// Failing returns the part of the expression that excludes a subject; empty if it is selected.
func (e *Expression) Failing(s Subject) string {
	if e.root.match(s) {
		return ""
	}
	return text(e.root.failing(s))
}

func (a and) match(s Subject) bool {
	return !slices.ContainsFunc(a, func(n node) bool { return !n.match(s) })
}

func (o or) match(s Subject) bool {
	return slices.ContainsFunc(o, func(n node) bool { return n.match(s) })
}

func (n not) match(s Subject) bool { return !n.part.match(s) }

func (c *comparison) match(s Subject) bool {
	value, ok := "", false
	switch name, attribute := strings.CutPrefix(c.subject, attributePrefix); {
	case attribute:
		value, ok = s.Attribute(name)
	case c.subject == taskGroup:
		return c.matchGroups(s)
	default:
		value, ok = s.Field(name)
	}
	if c.operator == opNotExists {
		return !ok
	}
	return ok && c.holds(value)
}

func (c *comparison) matchGroups(s Subject) bool {
	for group := range s.Groups() {
		if c.operator == opNotExists {
			return false
		}
		if c.holds(group) {
			return true
		}
	}
	return c.operator == opNotExists
}

func (a and) failing(s Subject) node {
	for _, part := range a {
		if !part.match(s) {
			return part.failing(s)
		}
	}
	return a
}

func (o or) failing(Subject) node          { return o }
func (n not) failing(Subject) node         { return n }
func (c *comparison) failing(Subject) node { return c }

// Uses is what an expression reads of a subject.
type Uses struct {
	Attributes []string // by name, each once
	Fields     []string
	Groups     bool
}

// Uses returns what the expression reads of a subject. Subjects that agree in all of it are either
// all selected or all not selected.
func (e *Expression) Uses() (u Uses) {
	e.root.each(func(c *comparison) {
		name, attribute := strings.CutPrefix(c.subject, attributePrefix)
		switch {
		case attribute:
			u.Attributes = append(u.Attributes, name)
		case c.subject == taskGroup:
			u.Groups = true
		default:
			u.Fields = append(u.Fields, name)
		}
	})
	for _, list := range []*[]string{&u.Attributes, &u.Fields} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return u
}

func (a and) each(fn func(*comparison)) {
	for _, part := range a {
		part.each(fn)
	}
}

func (o or) each(fn func(*comparison)) {
	for _, part := range o {
		part.each(fn)
	}
}

func (n not) each(fn func(*comparison))         { n.part.each(fn) }
func (c *comparison) each(fn func(*comparison)) { fn(c) }
