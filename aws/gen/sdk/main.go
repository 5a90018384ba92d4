// Command sdk brings an AWS API's model up to a newer AWS SDK for Go: it adds operations, shapes,
// members and enum values, and makes required what the SDK says is required. It removes nothing
// else, and prints what the SDK does not have.
//
// The SDK is read as text, so that it is no dependency of ours:
//
//	dir=$(go mod download -json github.com/aws/aws-sdk-go-v2/service/ecs@latest | jq -r .Dir)
//	go run ./aws/gen/sdk -sdk "$dir" && make generate
//
// Two things the SDK does not say, and they stay as they are in the model: ranges and patterns of
// values, and the errors of an operation.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
)

func main() {
	sdk := flag.String("sdk", "", "the folder of the SDK's module for the service")
	path := flag.String("model", "aws/models/ecs-2014-11-13.json", "the service model, which is rewritten")
	flag.Parse()
	log.SetFlags(0)
	if err := run(*sdk, *path); err != nil {
		log.Fatal(err)
	}
}

func run(sdk, path string) error {
	newer, err := readSDK(sdk)
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var model map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&model); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	merge(model, newer)
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(model); err != nil {
		return err
	}
	return os.WriteFile(path, bytes.TrimSuffix(out.Bytes(), []byte("\n")), 0o644)
}

// merge adds to the model what only the SDK has.
func merge(model map[string]any, newer *service) {
	operations, shapes := model["operations"].(map[string]any), model["shapes"].(map[string]any)
	for name, op := range newer.operations {
		if operations[name] == nil {
			operations[name] = map[string]any{
				"name":   name,
				"http":   map[string]any{"method": "POST", "requestUri": "/"},
				"input":  map[string]any{"shape": op.input},
				"output": map[string]any{"shape": op.output},
			}
		}
	}
	for name, s := range newer.shapes {
		if old, ok := shapes[name].(map[string]any); ok {
			s.addTo(name, old)
		} else {
			shapes[name] = s.model()
		}
	}
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		if newer.shapes[name] == nil {
			fmt.Printf("shape %s is not in the SDK\n", name)
		}
	}
}

// model returns a shape that the model lacks, in the model's form.
func (s *shape) model() map[string]any {
	out := map[string]any{"type": s.kind}
	if s.union {
		out["union"] = true
	}
	if s.exception {
		out["exception"] = true
	}
	if s.document {
		out["document"] = true
	}
	if s.box {
		out["box"] = true
	}
	switch s.kind {
	case "structure":
		out["members"] = map[string]any{}
	case "list":
		out["member"] = s.members["member"].model()
	case "map":
		out["key"], out["value"] = s.members["key"].model(), s.members["value"].model()
	}
	s.addTo("", out)
	return out
}

// addTo adds to the model's shape the members and enum values that it lacks, and sets which members
// are required.
func (s *shape) addTo(name string, old map[string]any) {
	if members, ok := old["members"].(map[string]any); ok {
		for k, m := range s.members {
			if members[k] == nil {
				members[k] = m.model()
			}
		}
		for k := range members {
			if s.members[k].target == "" {
				fmt.Printf("member %s.%s is not in the SDK\n", name, k)
			}
		}
	}
	list, _ := old["required"].([]any)
	old["required"] = slices.DeleteFunc(list, func(k any) bool { return !slices.Contains(s.required, k.(string)) })
	addTexts(old, "required", s.required)
	addTexts(old, "enum", s.enum)
}

func (m member) model() map[string]any {
	out := map[string]any{"shape": m.target}
	if m.box {
		out["box"] = true
	}
	return out
}

func addTexts(old map[string]any, key string, texts []string) {
	list, _ := old[key].([]any)
	for _, t := range texts {
		if !slices.Contains(list, any(t)) {
			list = append(list, t)
		}
	}
	if old[key] = list; len(list) == 0 {
		delete(old, key)
	}
}
