package ecs

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// The verdicts of testdata/members.txt, which explains them.
const (
	honoured = "honoured"
	refused  = "refused"
	late     = "late"
	kept     = "kept"
	ignored  = "ignored"
)

// memberLine is one line of testdata/members.txt.
type memberLine struct {
	verdict string
	member  string
	value   json.RawMessage // empty for honoured
	with    map[string]any  // other members of the request
	note    string
}

// memberShape is a shape of the model in testdata/members.txt.
type memberShape struct {
	valid map[string]any // a request, or a part of one, that is accepted
	lines []memberLine
}

// linesOf returns the lines of a member.
func (s *memberShape) linesOf(member string) (lines []memberLine) {
	for _, l := range s.lines {
		if l.member == member {
			lines = append(lines, l)
		}
	}
	return lines
}

// goesOn reports whether the members below a member need lines too.
func goesOn(lines []memberLine) bool {
	return slices.ContainsFunc(lines, func(l memberLine) bool { return l.verdict == honoured })
}

func readMembers(t *testing.T) map[string]*memberShape {
	t.Helper()
	raw, err := os.ReadFile("testdata/members.txt")
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[string]*memberShape{}
	var shape *memberShape
	for text := range strings.Lines(string(raw)) {
		text = strings.TrimRight(text, "\n")
		first, rest, _ := strings.Cut(strings.TrimPrefix(text, "\t"), " ")
		switch {
		case text == "" || strings.HasPrefix(text, "#"):
		case !strings.HasPrefix(text, "\t"):
			shape = &memberShape{valid: map[string]any{}}
			if shapes[first] = shape; rest != "" {
				shape.valid = decoded[map[string]any](t, rest)
			}
		case first != honoured:
			shape.lines = append(shape.lines, readLine(t, first, rest))
		default:
			member, note, alone := strings.Cut(rest, ": ")
			if alone {
				shape.lines = append(shape.lines, memberLine{verdict: honoured, member: member, note: note})
				continue
			}
			for _, member := range strings.Fields(rest) {
				shape.lines = append(shape.lines, memberLine{verdict: honoured, member: member})
			}
		}
	}
	return shapes
}

// readLine reads MEMBER VALUE [with OBJECT] [note].
func readLine(t *testing.T, verdict, text string) memberLine {
	t.Helper()
	if !slices.Contains([]string{refused, late, kept, ignored}, verdict) {
		t.Fatalf("members.txt: %q is no verdict", verdict)
	}
	line := memberLine{verdict: verdict}
	line.member, text, _ = strings.Cut(text, " ")
	line.value, text = cutJSON(t, text)
	if with, ok := strings.CutPrefix(text, "with "); ok {
		var object json.RawMessage
		object, text = cutJSON(t, with)
		line.with = decoded[map[string]any](t, string(object))
	}
	line.note = text
	return line
}

// cutJSON cuts a JSON value off the beginning of a text.
func cutJSON(t *testing.T, text string) (value json.RawMessage, rest string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	if err := d.Decode(&value); err != nil {
		t.Fatalf("members.txt: no JSON value before %q: %v", text, err)
	}
	return value, strings.TrimSpace(text[d.InputOffset():])
}

// apiModel is the part that the tests need of the model that the shapes are generated from.
type apiModel struct {
	Operations map[string]struct{ Input, Output struct{ Shape string } }
	Shapes     map[string]struct {
		Type     string
		Document bool
		Members  map[string]struct{ Shape string }
		Required []string
		Member   struct{ Shape string }
	}
}

func readModel(t *testing.T) *apiModel {
	t.Helper()
	raw, err := os.ReadFile("../models/ecs-2014-11-13.json")
	if err != nil {
		t.Fatal(err)
	}
	m := decoded[apiModel](t, string(raw))
	return &m
}

// structure returns the structure that a member holds, itself or in lists; empty if it holds none.
func (m *apiModel) structure(shape string) string {
	for m.Shapes[shape].Type == "list" {
		shape = m.Shapes[shape].Member.Shape
	}
	if s := m.Shapes[shape]; s.Type != "structure" || s.Document {
		return ""
	}
	return shape
}

// A step leads from a structure to one below it.
type step struct{ shape, member string }

// A place is where a structure occurs in the requests of an operation.
type place struct {
	operation string
	// from the request's structure to the one that holds it; empty for the request's
	way []step
}

// path returns the path of a member of the structure at the place.
func (p place) path(m *apiModel, member string) string {
	var out strings.Builder
	for _, s := range p.way {
		out.WriteString(s.member)
		if m.Shapes[m.Shapes[s.shape].Members[s.member].Shape].Type == "list" {
			out.WriteString("[]")
		}
		out.WriteByte('.')
	}
	return out.String() + member
}

// places returns, for each structure in the requests of the actions that are built, the places
// where it occurs. Structures below a member that is not honoured are left out.
func places(m *apiModel, shapes map[string]*memberShape) map[string][]place {
	found := map[string][]place{}
	var visit func(shape string, at place)
	visit = func(shape string, at place) {
		found[shape] = append(found[shape], at)
		for _, member := range slices.Sorted(maps.Keys(m.Shapes[shape].Members)) {
			below := m.structure(m.Shapes[shape].Members[member].Shape)
			if s := shapes[shape]; below != "" && s != nil && goesOn(s.linesOf(member)) {
				visit(below, place{at.operation, append(slices.Clone(at.way), step{shape, member})})
			}
		}
	}
	for _, operation := range slices.Sorted(maps.Keys(actions(nil))) {
		visit(m.Operations[operation].Input.Shape, place{operation: operation})
	}
	return found
}

// Every member of every request of the actions that are built has a line, and no line is about a
// member that does not exist.
func TestMembers(t *testing.T) {
	m, shapes := readModel(t), readMembers(t)
	found := places(m, shapes)
	for shape, at := range found {
		s := shapes[shape]
		if s == nil {
			s = &memberShape{}
		}
		for member := range m.Shapes[shape].Members {
			if len(s.linesOf(member)) == 0 {
				t.Errorf("testdata/members.txt has no line for %s.%s, which is %s of %s: honour it, or refuse it by name",
					shape, member, at[0].path(m, member), at[0].operation)
			}
		}
	}
	for name, s := range shapes {
		if found[name] == nil {
			t.Errorf("testdata/members.txt has shape %s, which no request has", name)
		}
		for _, l := range s.lines {
			if _, ok := m.Shapes[name].Members[l.member]; !ok {
				t.Errorf("testdata/members.txt has a line for %s.%s, which the model does not have", name, l.member)
			}
		}
	}
}
