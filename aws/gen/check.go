package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// checkFile writes a Check method for every request, and a check function for every structure
// within a request that has a constraint.
func (g *generator) checkFile() []byte {
	b := &bytes.Buffer{}
	reach := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if reach[name] || !g.hasConstraint(name) {
			return
		}
		reach[name] = true
		for _, n := range g.model.Shapes[name].next() {
			visit(n)
		}
	}
	var requests []string
	for _, op := range g.written() {
		if in := g.model.Operations[op].Input; in != nil && !slices.Contains(requests, in.Shape) {
			requests = append(requests, in.Shape)
			visit(in.Shape)
		}
	}
	g.patterns(b, reach)
	for _, name := range requests {
		fmt.Fprintf(b, "// Check reports every member that breaks the model's rules: required, type, range, pattern or enum.\n")
		if !g.hasConstraint(name) {
			fmt.Fprintf(b, "func (v *%s) Check(*protocol.Checker) {}\n\n", name)
			continue
		}
		fmt.Fprintf(b, "func (v *%s) Check(c *protocol.Checker) {\n", name)
		g.checkMembers(b, name)
		b.WriteString("}\n\n")
	}
	for _, name := range sortedKeys(reach) {
		s := g.model.Shapes[name]
		if s.Type != "structure" || slices.Contains(requests, name) {
			continue
		}
		typ := name
		if g.inStructs[name] {
			typ = "structs." + name
		}
		fmt.Fprintf(b, "func check%s(c *protocol.Checker, v *%s) {\n", name, typ)
		g.checkMembers(b, name)
		b.WriteString("}\n\n")
	}
	return g.file(b.Bytes(), "regexp", "github.com/gantry-project/gantry/aws/protocol", "github.com/gantry-project/gantry/structs")
}

// javaRune matches a character in a pattern that is written as its number, as Java does.
var javaRune = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)

// lookahead matches what Go's regular expressions do not have. What it says is checked by hand.
var lookahead = regexp.MustCompile(`\(\?[=!][^)]*\)`)

// manyTimes matches a repetition that is more than Go's regular expressions take. Max limits it as
// well.
var manyTimes = regexp.MustCompile(`\{1,1024\}`)

// patterns writes one compiled pattern for each reachable shape that has one. They match the whole
// of a text, as in AWS.
func (g *generator) patterns(b *bytes.Buffer, reach map[string]bool) {
	var lines strings.Builder
	for _, name := range sortedKeys(reach) {
		if p := goPattern(g.model.Shapes[name].Pattern); p != "" {
			fmt.Fprintf(&lines, "%s = regexp.MustCompile(%s)\n", patternName(name), "`^(?:"+p+")$`")
		}
	}
	if lines.Len() > 0 {
		b.WriteString("var (\n" + lines.String() + ")\n\n")
	}
}

// goPattern returns a pattern of a model as Go writes it, without what Go does not know: nothing
// looks ahead there. It returns "" if there is none, or Go does not know it at all; then the
// service's own code checks it.
func goPattern(p string) string {
	p = manyTimes.ReplaceAllString(lookahead.ReplaceAllString(p, ""), "+")
	p = javaRune.ReplaceAllString(p, `\x{$1}`)
	if _, err := regexp.Compile(p); err != nil {
		return ""
	}
	return p
}

func patternName(shape string) string { return "pattern" + shape }

// hasConstraint reports whether a shape, or one that it refers to, has a rule to check.
func (g *generator) hasConstraint(name string) bool {
	if known, ok := g.constrained[name]; ok {
		return known
	}
	g.constrained[name] = false // ends recursion on shapes that contain themselves
	s := g.model.Shapes[name]
	found := len(s.Required) > 0 || len(s.Enum) > 0 || s.Min != nil || s.Max != nil || goPattern(s.Pattern) != ""
	for _, n := range s.next() {
		found = g.hasConstraint(n) || found
	}
	g.constrained[name] = found
	return found
}

func (g *generator) checkMembers(b *bytes.Buffer, name string) {
	s := g.model.Shapes[name]
	for _, k := range sortedKeys(s.Members) {
		m := s.Members[k]
		field := "v." + fieldName(k)
		typ, optional := g.goType(m, "structs.")
		if slices.Contains(s.Required, k) && optional && !g.mayBeEmpty[name+"."+k] {
			fmt.Fprintf(b, "c.Required(%q, %s)\n", k, present(typ, field))
		}
		if g.hasConstraint(m.Shape) {
			g.checkValue(b, strconv.Quote(k), field, typ, m.Shape)
		}
	}
}

func present(typ, field string) string {
	switch {
	case typ == "string":
		return field + ` != ""`
	case strings.HasSuffix(typ, "Time"):
		return field + " != 0"
	default:
		return field + " != nil"
	}
}

// checkValue writes the checks of one value; key is Go source for its name in the path.
func (g *generator) checkValue(b *bytes.Buffer, key, expr, typ, shapeName string) {
	s := g.model.Shapes[shapeName]
	switch s.Type {
	case "structure":
		if strings.HasPrefix(typ, "*") {
			fmt.Fprintf(b, "if %s != nil {\nc.Enter(%s)\ncheck%s(c, %s)\nc.Leave()\n}\n", expr, key, shapeName, expr)
			return
		}
		fmt.Fprintf(b, "c.Enter(%s)\ncheck%s(c, &%s)\nc.Leave()\n", key, shapeName, expr)
	case "list":
		if s.Min != nil || s.Max != nil {
			g.checkCount(b, key, expr, s)
		}
		if !g.hasConstraint(s.Member.Shape) {
			return
		}
		elem, _ := g.goType(s.Member, "structs.")
		fmt.Fprintf(b, "for i := range %s {\n", expr)
		g.checkValue(b, "protocol.Index("+key+", i)", expr+"[i]", strings.TrimPrefix(elem, "*"), s.Member.Shape)
		b.WriteString("}\n")
	case "map":
		if g.hasConstraint(s.Value.Shape) {
			elem, _ := g.goType(s.Value, "structs.")
			fmt.Fprintf(b, "for _, of := range protocol.Keys(%s) {\n", expr)
			g.checkValue(b, "protocol.Entry("+key+", of)", expr+"[of]", strings.TrimPrefix(elem, "*"), s.Value.Shape)
			b.WriteString("}\n")
		}
	case "string":
		if len(s.Enum) > 0 {
			fmt.Fprintf(b, "c.Enum(%s, %s, %s)\n", key, expr, quoteAll(s.Enum))
		}
		if s.Min != nil || s.Max != nil || goPattern(s.Pattern) != "" {
			pattern := "nil"
			if goPattern(s.Pattern) != "" {
				pattern = patternName(shapeName)
			}
			fmt.Fprintf(b, "c.Text(%s, %s, %s, %s, %s)\n", key, expr, bound(s.Min, "0"), bound(s.Max, "-1"), pattern)
		}
	case "blob":
		g.checkCount(b, key, expr, s)
	default:
		if strings.HasPrefix(typ, "*") {
			fmt.Fprintf(b, "if %s != nil {\nc.Range(%s, float64(*%s), %s, %s)\n}\n", expr, key, expr, bound(s.Min, "protocol.NoMin"), bound(s.Max, "protocol.NoMax"))
			return
		}
		fmt.Fprintf(b, "c.Range(%s, float64(%s), %s, %s)\n", key, expr, bound(s.Min, "protocol.NoMin"), bound(s.Max, "protocol.NoMax"))
	}
}

// checkCount writes the check of the length of a list or a blob. An absent one is allowed.
func (g *generator) checkCount(b *bytes.Buffer, key, expr string, s *shape) {
	format := "c.Count(%[1]s, len(%[2]s), %[3]s, %[4]s)\n"
	if s.Min != nil && *s.Min > 0 {
		format = "if %[2]s != nil {\n" + format + "}\n"
	}
	fmt.Fprintf(b, format, key, expr, bound(s.Min, "0"), bound(s.Max, "-1"))
}

func bound(v *float64, none string) string {
	if v == nil {
		return none
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}

func quoteAll(in []string) string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = strconv.Quote(s)
	}
	return strings.Join(out, ", ")
}
