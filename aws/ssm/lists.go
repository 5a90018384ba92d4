package ssm

import (
	"context"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

func (c *call) describeParameters(ctx context.Context, in *DescribeParametersRequest) (*DescribeParametersResult, error) {
	given := slices.Clone(in.ParameterFilters)
	for _, f := range in.Filters { // the older form
		given = append(given, ParameterStringFilter{Key: f.Key, Values: f.Values})
	}
	filters, err := readFilters(given, "Name", "Type", "KeyId", "Path", "Label", "Tier", "DataType", "tag:")
	if err != nil {
		return nil, err
	}
	snap, err := c.vault.Read(ctx)
	if err != nil {
		return nil, err
	}
	if in.Shared != nil && *in.Shared {
		return &DescribeParametersResult{}, nil // nobody shares any
	}
	rows := func(yield func(string, ParameterMetadata) bool) {
		for p := range snap.Parameters("") {
			if filters.match(snap, p) && !yield(p.Name, c.metadata(p)) {
				return
			}
		}
	}
	list, next, err := protocol.Listing[ParameterMetadata]{
		Operation: "DescribeParameters", Rows: rows, MaxResults: in.MaxResults, Most: maxPage, Token: in.NextToken,
	}.Page()
	return &DescribeParametersResult{Parameters: list, NextToken: next}, err
}

func (c *call) metadata(p *structs.Parameter) ParameterMetadata {
	v := p.Latest()
	return ParameterMetadata{
		ARN: c.arn(p.Name), Name: p.Name, Version: v.Number, Type: v.Type, KeyId: v.KeyID, Description: v.Description,
		AllowedPattern: v.AllowedPattern, Tier: v.Tier, DataType: dataTypeText, LastModifiedDate: v.ModifiedAt,
		LastModifiedUser: c.arns.Principal(v.ModifiedBy), Policies: []ParameterInlinePolicy{},
	}
}

// filters are conditions on parameters, all of which must hold.
type filters []ParameterStringFilter

// The options of filters: how values are compared.
const (
	optionEquals    = "Equals"
	optionBegins    = "BeginsWith"
	optionContains  = "Contains"
	optionRecursive = "Recursive"
	optionOneLevel  = "OneLevel"
	filterTag       = "tag:"
)

// readFilters checks filters, which may have some keys, and fills in their options.
func readFilters(in []ParameterStringFilter, keys ...string) (filters, error) {
	out := slices.Clone(in)
	for n := range out {
		f := &out[n]
		if !slices.ContainsFunc(keys, func(key string) bool { return f.Key == key || key == filterTag && strings.HasPrefix(f.Key, filterTag) }) {
			return nil, &protocol.Error{Status: 400, Code: "InvalidFilterKey", Message: "the key of a filter is one of " + strings.Join(keys, ", ") + ", not " + f.Key}
		}
		options := []string{optionEquals, optionBegins}
		switch f.Key {
		case "Name":
			options = append(options, optionContains)
		case "Path":
			options = []string{optionOneLevel, optionRecursive}
		}
		if f.Option == "" {
			f.Option = options[0]
		}
		if !slices.Contains(options, f.Option) {
			return nil, &protocol.Error{
				Status: 400, Code: "InvalidFilterOption", Message: "the option of a filter on " + f.Key + " is one of " + strings.Join(options, ", ") + ", not " + f.Option,
			}
		}
	}
	return out, nil
}

func (all filters) match(snap view, p *structs.Parameter) bool {
	return !slices.ContainsFunc(all, func(f ParameterStringFilter) bool { return !f.matches(snap, p) })
}

// label returns the label that a filter asks for and the parameter has; empty: there is none.
func (all filters) label(p *structs.Parameter) string {
	for _, f := range all {
		for _, value := range f.Values {
			if f.Key == "Label" && p.Selected(value) != nil {
				return value
			}
		}
	}
	return ""
}

func (f *ParameterStringFilter) matches(snap view, p *structs.Parameter) bool {
	var texts []string
	switch v := p.Latest(); f.Key {
	case "Name":
		texts = []string{p.Name}
	case "Path":
		return slices.ContainsFunc(f.Values, func(path string) bool { return below(p.Name, path, f.Option == optionRecursive) })
	case "Type":
		texts = []string{v.Type}
	case "KeyId":
		texts = []string{v.KeyID}
	case "Tier":
		texts = []string{v.Tier}
	case "DataType":
		texts = []string{dataTypeText}
	case "Label":
		for _, v := range p.Versions {
			texts = append(texts, v.Labels...)
		}
	default:
		for _, t := range snap.Tags(structs.ParameterKey(p.Name)) {
			if t.Key == strings.TrimPrefix(f.Key, filterTag) {
				texts = append(texts, t.Value)
			}
		}
		if len(f.Values) == 0 {
			return len(texts) > 0
		}
	}
	return slices.ContainsFunc(texts, func(text string) bool {
		return slices.ContainsFunc(f.Values, func(value string) bool {
			switch f.Option {
			case optionBegins:
				return strings.HasPrefix(text, value) || f.Key == "Name" && strings.HasPrefix(text, "/"+value)
			case optionContains:
				return strings.Contains(text, value)
			}
			return text == value || f.Key == "Name" && text == "/"+value
		})
	})
}

// below reports whether a parameter is below a path, at any level or at the next.
func below(name, path string, recursive bool) bool {
	rest, ok := strings.CutPrefix(name, under(path))
	if path == "/" && !strings.Contains(name, "/") { // AWS has such names at the top
		rest, ok = name, true
	}
	return ok && (recursive || !strings.Contains(rest, "/"))
}
