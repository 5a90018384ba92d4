// Package jobfile reads the text of a job file, YAML or JSON, into a structs.JobSpec. It is strict:
// an unknown field is an error with its line and the closest known field, and a feature that this
// version does not have yet is rejected by name.
package jobfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gantry-project/gantry/structs"
)

// maxProblems bounds how many problems of a file are reported at once.
const maxProblems = 10

// Parse reads the job of a file. All problems with the text are one error of KindInvalidParameter,
// with a line for each.
func Parse(text []byte) (*structs.JobSpec, error) {
	root, err := parseTree(text)
	if err != nil {
		return nil, err
	}
	spec := structs.NewJobSpec(typeOf(root))
	r := &reader{lines: map[string]int{}}
	r.read("", root, reflect.ValueOf(spec).Elem())
	if len(r.problems) == 0 {
		if field, problem := spec.Problem(); field != "" {
			r.problem(field, r.lineOf(field), "%s", problem)
		}
	}
	if len(r.problems) > 0 {
		return nil, structs.Errorf(structs.KindInvalidParameter, "%s", strings.Join(r.problems[:min(len(r.problems), maxProblems)], "\n"))
	}
	return spec, nil
}

// parseTree parses the text. JSON is also YAML, but its own parser has better error messages.
func parseTree(text []byte) (*yaml.Node, error) {
	if trimmed := bytes.TrimLeft(text, " \t\r\n"); bytes.HasPrefix(trimmed, []byte("{")) {
		if err := checkJSON(text); err != nil {
			return nil, err
		}
	}
	documents := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	switch err := documents.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, structs.Errorf(structs.KindInvalidParameter, "the job file is empty")
	case err != nil:
		return nil, notYAML(err)
	case len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode:
		return nil, structs.Errorf(structs.KindInvalidParameter, "line %d: a job file is one object with fields such as name and containers", document.Line)
	}
	if err := documents.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, structs.Errorf(structs.KindInvalidParameter, "line %d: a job file holds one job; put each document of this one into a file of its own", second.Line)
	}
	return document.Content[0], nil
}

var yamlLine = regexp.MustCompile(`^yaml: (line \d+: )?`)

func notYAML(err error) error {
	at := yamlLine.FindStringSubmatch(err.Error())
	prefix, rest := "", err.Error()
	if at != nil {
		prefix, rest = at[1], strings.TrimPrefix(rest, at[0])
	}
	return structs.Errorf(structs.KindInvalidParameter, "%sthis is not YAML: %s", prefix, rest)
}

// checkJSON returns an error with the line at which a text stops being one JSON value.
func checkJSON(text []byte) error {
	err := json.Unmarshal(text, new(json.RawMessage))
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		line := 1 + bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte("\n"))
		return structs.Errorf(structs.KindInvalidParameter, "line %d: this is not JSON: %v", line, err)
	}
	return err
}

// typeOf returns the type that the file names. The defaults of other fields depend on it.
func typeOf(root *yaml.Node) string {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "type" && root.Content[i+1].Kind == yaml.ScalarNode {
			return root.Content[i+1].Value
		}
	}
	return ""
}

func (r *reader) problem(field string, line int, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if field != "" {
		text = field + ": " + text
	}
	r.problems = append(r.problems, fmt.Sprintf("line %d: %s", line, text))
}

// lineOf returns the line of a field, or of the closest part of the file around it.
func (r *reader) lineOf(field string) int {
	for field != "" {
		if line, ok := r.lines[field]; ok {
			return line
		}
		field = field[:max(0, strings.LastIndexAny(field, ".["))]
	}
	return r.lines[""]
}
