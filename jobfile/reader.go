package jobfile

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gantry-project/gantry/structs"
)

// maxNodes bounds how much one file may hold once its aliases are expanded.
const maxNodes = 100_000

// reader sets the fields of a spec from the tree of a file.
type reader struct {
	problems []string
	lines    map[string]int // by field
	nodes    int
}

// read sets a value from a node. Null leaves it as it is.
func (r *reader) read(field string, n *yaml.Node, v reflect.Value) {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if r.nodes++; r.nodes > maxNodes {
		if r.nodes == maxNodes+1 {
			r.problem(field, n.Line, "the file is too large: it holds more than %d values", maxNodes)
		}
		return
	}
	r.lines[field] = n.Line
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		r.read(field, n, v.Elem())
	case reflect.Struct:
		r.object(field, n, v)
	case reflect.Slice:
		r.list(field, n, v)
	case reflect.Map:
		r.texts(field, n, v)
	default:
		r.scalar(field, n, v)
	}
}

// members returns the keys and values of an object, and reports keys that come twice.
func (r *reader) members(field string, n *yaml.Node, each func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.problem(field, n.Line, "expected an object, not %s", shown(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if seen[key.Value] {
			r.problem(join(field, key.Value), key.Line, "it is there twice")
			continue
		}
		seen[key.Value] = true
		each(key, value)
	}
}

func (r *reader) object(field string, n *yaml.Node, v reflect.Value) {
	r.members(field, n, func(key, value *yaml.Node) {
		at := join(field, key.Value)
		if member, ok := memberOf(v, key.Value); ok {
			r.read(at, value, member)
			r.lines[at] = key.Line
			return
		}
		if advice := structs.UnbuiltJobField(key.Value); advice != "" && field == "" {
			r.problem(at, key.Line, "%s", advice)
			return
		}
		r.problem(at, key.Line, "there is no such field%s", instead(key.Value, names(v.Type())))
	})
}

func (r *reader) list(field string, n *yaml.Node, v reflect.Value) {
	if n.Kind == yaml.MappingNode && isPairs(v.Type()) {
		r.pairs(field, n, v)
		return
	}
	if n.Kind != yaml.SequenceNode {
		r.problem(field, n.Line, "expected a list, not %s", shown(n))
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		r.read(fmt.Sprintf("%s[%d]", field, i), item, list.Index(i))
	}
	v.Set(list)
}

// isPairs reports whether a type is a list of names and values, which may also be written as an
// object.
func isPairs(list reflect.Type) bool {
	return list == reflect.TypeFor[[]structs.KeyValuePair]() || list == reflect.TypeFor[[]structs.Tag]()
}

// pairs reads an object of names and values. Its order does not matter, so the list is sorted by
// name.
func (r *reader) pairs(field string, n *yaml.Node, v reflect.Value) {
	pairs := map[string]string{}
	r.members(field, n, func(key, value *yaml.Node) {
		var text string
		r.read(join(field, key.Value), value, reflect.ValueOf(&text).Elem())
		pairs[key.Value] = text
	})
	var keys []string
	for key := range pairs {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	list := reflect.MakeSlice(v.Type(), len(keys), len(keys))
	for i, key := range keys {
		list.Index(i).Field(0).SetString(key)
		list.Index(i).Field(1).SetString(pairs[key])
	}
	v.Set(list)
}

// texts reads an object whose values are text.
func (r *reader) texts(field string, n *yaml.Node, v reflect.Value) {
	texts := map[string]string{}
	r.members(field, n, func(key, value *yaml.Node) {
		var text string
		r.read(join(field, key.Value), value, reflect.ValueOf(&text).Elem())
		texts[key.Value] = text
	})
	v.Set(reflect.ValueOf(texts))
}

// scalar sets a text, number or truth value. A number in place of a text is taken as it is written.
func (r *reader) scalar(field string, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.ScalarNode {
		r.problem(field, n.Line, "expected a single value, not %s", shown(n))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.Value)
	case reflect.Bool:
		b, err := strconv.ParseBool(n.Value)
		if err != nil || n.Tag != "!!bool" {
			r.problem(field, n.Line, "expected true or false, not %s", shown(n))
		}
		v.SetBool(b)
	case reflect.Float64:
		f, err := strconv.ParseFloat(n.Value, 64)
		if err != nil || n.Tag == "!!str" {
			r.problem(field, n.Line, "expected a number, not %s", shown(n))
		}
		v.SetFloat(f)
	default:
		i, err := strconv.ParseInt(n.Value, 10, 64)
		switch {
		case err != nil || n.Tag == "!!str":
			r.problem(field, n.Line, "expected a whole number, not %s", shown(n))
		case v.OverflowInt(i):
			r.problem(field, n.Line, "%d is too large", i)
		default:
			v.SetInt(i)
		}
	}
}

// memberOf returns the field of a struct with a JSON name.
func memberOf(v reflect.Value, name string) (reflect.Value, bool) {
	for _, f := range reflect.VisibleFields(v.Type()) {
		if jsonName(f) == name {
			return v.FieldByIndex(f.Index), true
		}
	}
	return reflect.Value{}, false
}

func names(t reflect.Type) (all []string) {
	for _, f := range reflect.VisibleFields(t) {
		all = append(all, jsonName(f))
	}
	return all
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func join(field, key string) string {
	if field == "" {
		return key
	}
	return field + "." + key
}

// shown returns a node as error messages show it.
func shown(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "an object"
	case yaml.SequenceNode:
		return "a list"
	}
	return strconv.Quote(n.Value)
}
