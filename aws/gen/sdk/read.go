package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

type service struct {
	operations map[string]operation
	shapes     map[string]*shape
}

type operation struct{ input, output string }

type shape struct {
	kind      string // as the model has it: structure, list, string …
	union     bool
	exception bool
	document  bool
	box       bool
	members   map[string]member
	required  []string
	enum      []string
}

type member struct {
	target string
	box    bool // a number or boolean that may be absent, though its shape has a default
}

// kinds are the model's words for the SDK's types of shapes.
var kinds = map[string]string{
	"Boolean": "boolean", "Double": "double", "Document": "structure", "Enum": "string", "Float": "float", "Integer": "integer",
	"List": "list", "Long": "long", "Map": "map", "String": "string", "Structure": "structure", "Timestamp": "timestamp",
	"Union": "structure",
}

var (
	schemaText    = regexp.MustCompile(`(?s)var (\w+) = smithy\.NewSchema\(smithy\.ShapeID\{\s*Namespace: +"[\w.]+",\s*Name: +"(\w+)",\s*\}, smithy\.ShapeType(\w+), \d+([^\n]*)`)
	memberText    = regexp.MustCompile(`= (\w+)\.AddMember\("(\w+)", (?:smithyprelude\.)?(\w+)`)
	operationText = regexp.MustCompile(`NewOperationSchema\(schemas\.(\w+), schemas\.(\w+), schemas\.(\w+)\)`)
	enumText      = regexp.MustCompile(`(?s)func \(\w+\) Values\(\) \[\](\w+) \{\s*return \[\]\w+\{(.*?)\}`)
	quotedText    = regexp.MustCompile(`"([^"]*)"`)
)

func readSDK(dir string) (*service, error) {
	schemas, err := os.ReadFile(filepath.Join(dir, "schemas/schemas.go"))
	if err != nil {
		return nil, fmt.Errorf("read the SDK (give its folder with -sdk): %w", err)
	}
	s := &service{operations: map[string]operation{}, shapes: map[string]*shape{}}
	s.readSchemas(string(schemas))
	enums, err := os.ReadFile(filepath.Join(dir, "types/enums.go"))
	if err != nil {
		return nil, err
	}
	for _, m := range enumText.FindAllStringSubmatch(string(enums), -1) {
		if sh := s.shapes[m[1]]; sh != nil {
			for _, q := range quotedText.FindAllStringSubmatch(m[2], -1) {
				sh.enum = append(sh.enum, q[1])
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "api_op_*.go"))
	if err != nil {
		return nil, err
	}
	for _, f := range append(files, filepath.Join(dir, "types/types.go")) {
		if err := s.readTypes(f); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// readSchemas reads the shapes and their members.
func (s *service) readSchemas(text string) {
	byVariable := map[string]string{}
	for _, m := range schemaText.FindAllStringSubmatch(text, -1) {
		kind := kinds[m[3]]
		if kind == "" {
			continue // the service itself and its operations
		}
		byVariable[m[1]] = m[2]
		s.shapes[m[2]] = &shape{
			kind: kind, union: m[3] == "Union", document: m[3] == "Document", exception: strings.Contains(m[4], "traits.Error{"),
			box: strings.HasPrefix(m[2], "Boxed"), members: map[string]member{},
		}
	}
	for _, m := range memberText.FindAllStringSubmatch(text, -1) {
		if target := byVariable[m[3]]; target != "" {
			s.shapes[byVariable[m[1]]].members[m[2]] = member{target: target}
		}
	}
}

// readTypes reads a file of Go structures: which members are required, and which are pointers.
func (s *service) readTypes(path string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	if err != nil {
		return err
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	rename := map[string]string{}
	for _, m := range operationText.FindAllStringSubmatch(string(src), -1) {
		s.operations[m[1]] = operation{input: m[2], output: m[3]}
		rename[m[1]+"Input"], rename[m[1]+"Output"] = m[2], m[3]
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		name := spec.Name.Name
		if to := rename[name]; to != "" {
			name = to
		}
		if st, ok := spec.Type.(*ast.StructType); ok && s.shapes[name] != nil {
			s.readFields(s.shapes[name], st)
		}
		return false
	})
	return nil
}

func (s *service) readFields(sh *shape, st *ast.StructType) {
	for _, f := range st.Fields.List {
		if len(f.Names) != 1 {
			continue
		}
		k := strings.ToLower(f.Names[0].Name[:1]) + f.Names[0].Name[1:]
		m, ok := sh.members[k]
		if !ok {
			continue
		}
		if strings.Contains(f.Doc.Text(), "This member is required.") {
			sh.required = append(sh.required, k)
		}
		target := s.shapes[m.target]
		if _, pointer := f.Type.(*ast.StarExpr); pointer && !target.box {
			switch target.kind {
			case "boolean", "double", "float", "integer", "long":
				m.box = true
				sh.members[k] = m
			}
		}
	}
}
