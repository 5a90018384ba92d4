package config

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/pflag"
	"github.com/zclconf/go-cty/cty"
)

// A kind is what a flag takes, in words and as it is written in a file.
type kind struct{ plain, example string }

func kindOf(f *pflag.Flag) kind {
	if noted(f, mapNote) != "" {
		return kind{"NAME=VALUE, separated by commas", `{ name = "value" }`}
	}
	if _, ok := f.Value.(pflag.SliceValue); ok {
		return kind{"a list, separated by commas", `["one", "two"]`}
	}
	switch f.Value.Type() {
	case "bool":
		return kind{"true or false", "true"}
	case "int", "int64":
		return kind{"a whole number", "3"}
	case "duration":
		return kind{"a time such as 15m", `"15m"`}
	}
	return kind{"a text", `"text"`}
}

// textsOf turns the value of a key into the texts that its flag takes: one, or the elements of a
// list. It is as strict as a flag.
func textsOf(f *pflag.Flag, a *hcl.Attribute) ([]string, error) {
	v, wrong := a.Expr.Value(nil)
	if wrong.HasErrors() {
		return nil, fmt.Errorf("%s; write %s = %s", wrong[0].Summary, a.Name, kindOf(f).example)
	}
	refused := fmt.Errorf("%s does not fit; write %s = %s", nameOf(v), a.Name, kindOf(f).example)
	if v.IsNull() {
		return nil, refused
	}
	if noted(f, mapNote) != "" {
		if !v.Type().IsObjectType() {
			return nil, refused
		}
		texts := []string{}
		for name, value := range v.AsValueMap() {
			if value.Type() != cty.String || value.IsNull() {
				return nil, fmt.Errorf("%s of %s does not fit; write %s = \"value\"", nameOf(value), name, name)
			}
			texts = append(texts, name+"="+value.AsString())
		}
		slices.Sort(texts)
		return texts, nil
	}
	if _, list := f.Value.(pflag.SliceValue); list {
		if !v.Type().IsTupleType() {
			return nil, refused
		}
		texts := []string{}
		for _, value := range v.AsValueSlice() {
			if value.Type() != cty.String || value.IsNull() {
				return nil, refused
			}
			texts = append(texts, value.AsString())
		}
		return texts, nil
	}
	text, err := scalar(f, v)
	if err != nil {
		return nil, refused
	}
	return []string{text}, nil
}

var errKind = errors.New("another kind of value")

func scalar(f *pflag.Flag, v cty.Value) (string, error) {
	switch f.Value.Type() {
	case "bool":
		if v.Type() == cty.Bool {
			return fmt.Sprint(v.True()), nil
		}
	case "int", "int64":
		if v.Type() == cty.Number && v.AsBigFloat().IsInt() {
			return v.AsBigFloat().Text('f', 0), nil
		}
	default:
		if v.Type() == cty.String {
			return v.AsString(), nil
		}
	}
	return "", errKind
}

// nameOf describes a value.
func nameOf(v cty.Value) string {
	t := v.Type()
	switch {
	case v.IsNull():
		return "null"
	case t == cty.String:
		return fmt.Sprintf("the text %q", v.AsString())
	case t == cty.Number:
		return "the number " + v.AsBigFloat().Text('g', -1)
	case t == cty.Bool:
		return fmt.Sprintf("%v", v.True())
	case t.IsTupleType():
		return "a list"
	}
	return "an object"
}
