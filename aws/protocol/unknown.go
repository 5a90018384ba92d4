package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// maxUnknown bounds how many members an answer names.
const maxUnknown = 10

// decodeKnown is decodeJSON for a service whose model names its members. It refuses members whose
// names the model does not have at all: they are newer than the model, or typing errors, and what a
// caller asks for must not vanish. A member that the model has elsewhere is ignored, as AWS does:
// callers send answers back as requests, with members that only answers have.
func (s *Service) decodeKnown(r *Request, into any) error {
	d := json.NewDecoder(bytes.NewReader(r.Body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err == nil {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
	}
	// Something is unknown or wrong. Such a request is read once more, which takes longer.
	reflect.ValueOf(into).Elem().SetZero()
	if err := decodeJSON(r.Body, into); err != nil {
		return err
	}
	var tree any
	if err := decodeJSON(r.Body, &tree); err != nil {
		return err
	}
	var unknown []string
	s.unknownMembers("", tree, reflect.TypeOf(into), &unknown)
	if len(unknown) == 0 {
		return nil
	}
	word, more := "member", ""
	if n := len(unknown); n > maxUnknown {
		unknown, more = unknown[:maxUnknown], fmt.Sprintf(" and %d more", n-maxUnknown)
	}
	if len(unknown) > 1 {
		word = "members"
	}
	return structs.Errorf(structs.KindUnsupportedFeature,
		"unknown %s %s%s of %s: mistyped, or newer than this version of Gantry; correct it, or leave it out",
		word, strings.Join(unknown, ", "), more, r.Operation)
}

// unknownMembers adds the paths of members below value that neither the type nor any other shape of
// the model has. Members that ask for nothing, such as null or an empty list, are left out.
func (s *Service) unknownMembers(at string, value any, t reflect.Type, unknown *[]string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return // a document, or a value with a form of its own
	}
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			if t.Kind() == reflect.Slice {
				s.unknownMembers(Index(at, i), item, t.Elem(), unknown)
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			path := strings.TrimPrefix(at+"."+name, ".")
			switch field, ok := memberNamed(t, name); {
			case t.Kind() == reflect.Map:
				s.unknownMembers(path, v[name], t.Elem(), unknown)
			case ok:
				s.unknownMembers(path, v[name], field, unknown)
			case !s.Members[name] && asks(v[name]):
				*unknown = append(*unknown, path)
			}
		}
	}
}

// memberNamed returns the type of a struct's field by its name on the wire, in any case, as
// encoding/json finds it.
func memberNamed(t reflect.Type, name string) (reflect.Type, bool) {
	if t.Kind() != reflect.Struct {
		return nil, false
	}
	for i := range t.NumField() {
		onWire, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if strings.EqualFold(onWire, name) {
			return t.Field(i).Type, true
		}
	}
	return nil, false
}

// asks reports whether a value asks for anything.
func asks(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case []any:
		return slices.ContainsFunc(v, asks)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), asks)
	}
	return true
}
