package place

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs/query"
)

// member is one memberOf constraint. It lives for one plan.
type member struct {
	text string
	// parsed is nil for an expression that cannot be parsed, which no instance satisfies. The doors
	// refuse those.
	parsed *query.Expression
	uses   query.Uses
	// known caches the answers of expressions that use only attributes, by the values of these. So
	// each is evaluated once for a class of like instances.
	known map[string]bool
	key   []byte
}

func newMember(text string) *member {
	m := &member{text: text}
	parsed, err := query.Parse(text)
	if err != nil {
		return m
	}
	m.parsed, m.uses = parsed, parsed.Uses()
	if !m.uses.Groups && len(m.uses.Fields) == 0 {
		m.known = map[string]bool{}
	}
	return m
}

func (m *member) match(h *host) bool {
	if m.parsed == nil {
		return false
	}
	if m.known == nil {
		return m.parsed.Match(h)
	}
	m.key = m.key[:0]
	for _, name := range m.uses.Attributes {
		value, ok := h.Attribute(name)
		if !ok {
			m.key = append(m.key, 1) // no value begins with this byte
		}
		m.key = append(append(m.key, value...), 0)
	}
	answer, ok := m.known[string(m.key)]
	if !ok {
		answer = m.parsed.Match(h)
		m.known[string(m.key)] = answer
	}
	return answer
}

// room returns how many tasks an instance may take if the constraint lets it take one: the tasks of
// the plan themselves change groups and counts, which the constraint may use.
func (m *member) room(a *ask, h *host, most int) int {
	counts := slices.Contains(m.uses.Fields, query.FieldPendingTasksCount)
	if !counts && !m.uses.Groups {
		return most
	}
	for n := 1; n < most; n++ {
		if !m.match(a.with(h, n)) {
			return n
		}
		if !counts {
			break // the group is there with the first task; further tasks change nothing
		}
	}
	return most
}

// missingMembers counts the memberOf constraints of the job and the task definition that do not
// hold.
func missingMembers(a *ask, h *host) (missing int64) {
	for _, m := range a.members {
		if !m.match(h) {
			missing++
		}
	}
	return missing
}

// alikeMembers reports whether all expressions use only attributes: these hold for all instances of
// a class or for none.
func alikeMembers(a *ask) bool {
	return !slices.ContainsFunc(a.members, func(m *member) bool { return m.parsed != nil && m.known == nil })
}

func detailMembers(a *ask, h *host) string {
	var failing []string
	for _, m := range a.members {
		if m.parsed == nil {
			failing = append(failing, fmt.Sprintf("'%s' is not understood", m.text))
		} else if part := m.parsed.Failing(h); part != "" {
			failing = append(failing, part)
		}
	}
	return "does not hold: " + strings.Join(failing, "; ")
}
