package main

import (
	"bytes"
	"cmp"
	"fmt"
	"log"
	"strings"
)

func (g *generator) shapesFile() []byte {
	responses := map[string]bool{}
	for _, name := range g.written() {
		if out := g.model.Operations[name].Output; out != nil {
			responses[out.Shape] = true
		}
	}
	var b bytes.Buffer
	for _, name := range sortedKeys(g.model.Shapes) {
		s := g.model.Shapes[name]
		if s.Type != "structure" || s.Exception || g.inStructs[name] || len(g.operations) > 0 && !g.reached[name] {
			continue
		}
		g.structure(&b, name, "structs.")
		if responses[name] {
			g.fillLists(&b, name)
		}
	}
	return g.file(b.Bytes(), "encoding/json", "github.com/gantry-project/gantry/structs")
}

func (g *generator) structure(b *bytes.Buffer, name, pkg string) {
	s := g.model.Shapes[name]
	fmt.Fprintf(b, "// %s is the shape of that name in the %s API.\ntype %s struct {\n", name, g.model.Metadata.ServiceFullName, name)
	for _, k := range sortedKeys(s.Members) {
		typ, optional := g.goType(s.Members[k], pkg)
		fmt.Fprintf(b, "\t%s %s `%s`\n", fieldName(k), typ, g.tag(k, s.Members[k], optional && !g.alwaysWritten[name+"."+k]))
	}
	if extra := g.extra[name]; extra != "" {
		fmt.Fprintf(b, "\n\t%s\n", extra)
	}
	b.WriteString("}\n\n")
}

// tag returns the tag of a field, which says where its member is on the wire (aws/protocol).
func (g *generator) tag(name string, m *member, optional bool) string {
	onWire := cmp.Or(m.LocationName, name)
	of := g.model.Shapes[m.Shape]
	switch {
	case m.Location != "":
		return fmt.Sprintf(`json:"-" %s:%q`, m.Location, onWire)
	case g.isQuery() && of.Type == "list" && !of.Flattened:
		return fmt.Sprintf(`query:"%s>%s"`, onWire, cmp.Or(of.Member.LocationName, "member"))
	case g.isQuery() && !optional:
		return fmt.Sprintf(`query:%q xml:"always"`, onWire)
	case g.isQuery():
		return fmt.Sprintf("query:%q", onWire)
	case optional:
		onWire += ",omitzero"
	}
	return fmt.Sprintf("json:%q", onWire)
}

// isQuery reports whether the service reads forms and writes XML. All members may be absent there.
func (g *generator) isQuery() bool {
	return g.model.Metadata.Protocol == "query" || g.model.Metadata.Protocol == "ec2"
}

// fillLists writes the method that turns absent top-level lists of a response into empty ones:
// AWS's clients rely on `"failures": []` being there. Tags are left out, as they are only answered
// when asked for.
func (g *generator) fillLists(b *bytes.Buffer, name string) {
	s := g.model.Shapes[name]
	fmt.Fprintf(b, "// FillLists replaces absent lists with empty ones, which clients expect in an answer.\nfunc (r *%s) FillLists() {\n", name)
	for _, k := range sortedKeys(s.Members) {
		if typ, _ := g.goType(s.Members[k], "structs."); strings.HasPrefix(typ, "[]") && typ != "[]byte" && k != "tags" {
			fmt.Fprintf(b, "if r.%s == nil {\nr.%s = %s{}\n}\n", fieldName(k), fieldName(k), typ)
		}
	}
	b.WriteString("}\n\n")
}

// goType returns the Go type of a member and whether its zero value means "not there".
// A scalar that the model does not box has a default of zero and is always written, as AWS does.
func (g *generator) goType(m *member, pkg string) (typ string, optional bool) {
	s := g.model.Shapes[m.Shape]
	scalar := func(t string) (string, bool) {
		if s.Box || m.Box || g.boxed || g.isQuery() {
			return "*" + t, true
		}
		return t, false
	}
	switch s.Type {
	case "structure":
		if s.Document {
			return "json.RawMessage", true
		}
		if g.inStructs[m.Shape] {
			return "*" + pkg + m.Shape, true
		}
		return "*" + m.Shape, true
	case "list":
		elem, _ := g.goType(s.Member, pkg)
		return "[]" + strings.TrimPrefix(elem, "*"), true
	case "map":
		elem, _ := g.goType(s.Value, pkg)
		return "map[string]" + strings.TrimPrefix(elem, "*"), true
	case "string":
		return "string", true
	case "blob":
		return "[]byte", true
	case "integer":
		return scalar("int32")
	case "long":
		return scalar("int64")
	case "double", "float":
		return scalar("float64")
	case "boolean":
		return scalar("bool")
	case "timestamp":
		return pkg + "Time", true
	}
	log.Fatalf("shape %s: type %q is not known", m.Shape, s.Type)
	return "", false
}

// fieldName turns a member's wire name into an exported Go name, with Go's spelling of initialisms
// if AWS uses them as whole words at the end ("taskArn" → "TaskArn" stays: it is AWS's own word).
func fieldName(k string) string { return strings.ToUpper(k[:1]) + k[1:] }
