// Command gen writes the Go shapes of an AWS API from its machine-readable model.
//
// For each service of the table in services.go it reads a model (botocore's "service-2" form) and
// writes:
//
//   - structs/ecs.gen.go: the value shapes that Gantry's own nouns hold (a container definition, an
//     override, a tag). They are the same type in the API, the raft log and the agent, so no layer
//     translates them.
//   - aws/ecs/shapes.gen.go: requests, responses, and the shapes that only the API knows.
//   - aws/ecs/check.gen.go: one Check per request: required members, ranges, lengths, patterns,
//     enums.
//   - aws/ecs/operations.gen.go: what the model says of the service, and all its operations.
//
// Run it with `make generate`; `make check` fails when what is committed differs.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/format"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

type model struct {
	Metadata struct {
		APIVersion, EndpointPrefix, JSONVersion, Protocol, ServiceAbbreviation, ServiceFullName string
		SigningName, TargetPrefix, XMLNamespace                                                 string
	}
	Operations map[string]struct {
		Name          string
		HTTP          struct{ Method, RequestURI string }
		Input, Output *member
	}
	Shapes map[string]*shape
}

type shape struct {
	Type      string
	Members   map[string]*member
	Required  []string
	Member    *member
	Key       *member
	Value     *member
	Enum      []string
	Min, Max  *float64
	Pattern   string
	Box       bool
	Exception bool
	Fault     bool
	Document  bool
	Flattened bool
}

type member struct {
	Shape        string
	Box          bool
	Location     string // of a REST member that is not in the body
	LocationName string
}

func main() {
	root := flag.String("root", ".", "the root of the module that is written to")
	flag.Parse()
	log.SetFlags(0)
	for _, of := range services {
		files, err := generate("aws/models", of)
		if err != nil {
			log.Fatal(err)
		}
		for _, path := range sortedKeys(files) {
			target := filepath.Join(*root, path)
			if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
				log.Fatal(err)
			}
			if err := os.WriteFile(target, files[path], 0o644); err != nil {
				log.Fatal(err)
			}
		}
	}
}

// generate returns every generated file of a service by its path in the module.
func generate(models string, of service) (map[string][]byte, error) {
	raw, err := os.ReadFile(filepath.Join(models, of.model))
	if err != nil {
		return nil, err
	}
	g := &generator{service: of, inStructs: map[string]bool{}, reached: map[string]bool{}, constrained: map[string]bool{}}
	if err := json.Unmarshal(raw, &g.model); err != nil {
		return nil, fmt.Errorf("read model %s: %w", of.model, err)
	}
	g.dropMaps()
	for _, r := range of.shared {
		g.share(r)
	}
	for _, name := range g.written() {
		for _, m := range []*member{g.model.Operations[name].Input, g.model.Operations[name].Output} {
			if m != nil {
				g.reach(m.Shape)
			}
		}
	}
	folder := "aws/" + of.pkg + "/"
	files := map[string][]byte{
		folder + "shapes.gen.go":     g.shapesFile(),
		folder + "check.gen.go":      g.checkFile(),
		folder + "operations.gen.go": g.operationsFile(),
	}
	if len(of.shared) > 0 {
		files["structs/"+of.pkg+".gen.go"] = g.sharedFile()
	}
	for path, src := range files {
		if files[path], err = format.Source(src); err != nil {
			return nil, fmt.Errorf("format %s: %w", path, err)
		}
	}
	return files, nil
}

type generator struct {
	service
	model       model
	inStructs   map[string]bool // structures that live in structs, by name
	reached     map[string]bool // shapes that the operations reach, by name
	constrained map[string]bool // memo of hasConstraint
}

// dropMaps leaves out the maps of a Query service. elbv2's are within actions that Gantry refuses
// whole.
func (g *generator) dropMaps() {
	if !g.isQuery() {
		return
	}
	for _, s := range g.model.Shapes {
		maps.DeleteFunc(s.Members, func(_ string, m *member) bool { return g.model.Shapes[m.Shape].Type == "map" })
	}
}

// written returns the names of the operations whose shapes are written, in order.
func (g *generator) written() []string {
	if len(g.operations) > 0 {
		return g.operations
	}
	return sortedKeys(g.model.Operations)
}

// reach marks a shape and all that it refers to as reached.
func (g *generator) reach(name string) {
	if g.reached[name] {
		return
	}
	g.reached[name] = true
	for _, next := range g.model.Shapes[name].next() {
		g.reach(next)
	}
}

// share marks a structure, and every structure that it refers to, as living in structs.
func (g *generator) share(name string) {
	s := g.model.Shapes[name]
	if s == nil {
		log.Fatalf("model has no shape %s", name)
	}
	if s.Type == "structure" {
		if g.inStructs[name] {
			return
		}
		g.inStructs[name] = true
	}
	for _, next := range s.next() {
		g.share(next)
	}
}

// next lists the shapes that s refers to, in a stable order.
func (s *shape) next() []string {
	var out []string
	for _, k := range sortedKeys(s.Members) {
		out = append(out, s.Members[k].Shape)
	}
	for _, m := range []*member{s.Member, s.Key, s.Value} {
		if m != nil {
			out = append(out, m.Shape)
		}
	}
	return out
}

func header(pkg string) *bytes.Buffer {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// Code generated by aws/gen from aws/models; DO NOT EDIT.\n\npackage %s\n\n", pkg)
	return &b
}

func (g *generator) sharedFile() []byte {
	b := header("structs")
	for _, name := range sortedKeys(g.model.Shapes) {
		if g.inStructs[name] {
			g.structure(b, name, "")
		}
	}
	return b.Bytes()
}

// file returns a file: its head, with the imports that the source uses, and the source.
func (g *generator) file(source []byte, imports ...string) []byte {
	var used strings.Builder
	for i, path := range imports {
		if i > 0 && !strings.Contains(imports[i-1], ".") && used.Len() > 0 {
			used.WriteString("\n")
		}
		if bytes.Contains(source, []byte(filepath.Base(path)+".")) {
			fmt.Fprintf(&used, "\t%q\n", path)
		}
	}
	b := header(g.pkg)
	if used.Len() > 0 {
		b.WriteString("import (\n" + used.String() + ")\n\n")
	}
	b.Write(source)
	return b.Bytes()
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
