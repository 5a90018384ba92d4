package elbv2

import (
	"github.com/gantry-project/gantry/structs"
)

// conditionsOf reads the conditions of a request. The values of hosts and paths are in the
// condition itself or in its own configuration; the other fields have only the latter (elbv2).
func conditionsOf(in []RuleCondition) ([]structs.RuleCondition, error) {
	var out []structs.RuleCondition
	for i := range in {
		c, err := conditionOf(&in[i])
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func conditionOf(in *RuleCondition) (structs.RuleCondition, error) {
	out := structs.RuleCondition{Field: in.Field, Values: in.Values, Regex: in.RegexValues}
	plain := len(in.Values)+len(in.RegexValues) > 0
	if plain && in.Field != structs.FieldHostHeader && in.Field != structs.FieldPathPattern {
		return out, structs.Errorf(structs.KindInvalidParameter, "Values: only the fields host-header and path-pattern have values here; use the configuration of '%s'", in.Field)
	}
	configs := 0
	take := func(field string, values, regex []string) error {
		configs++
		if field != in.Field {
			return structs.Errorf(structs.KindInvalidParameter, "A condition of the field '%s' cannot have the configuration of '%s'", in.Field, field)
		}
		if plain {
			return structs.Errorf(structs.KindInvalidParameter, "A condition has its values either in Values or in the configuration of '%s'", field)
		}
		out.Values, out.Regex = values, regex
		return nil
	}
	var err error
	if k := in.HostHeaderConfig; k != nil && err == nil {
		err = take(structs.FieldHostHeader, k.Values, k.RegexValues)
	}
	if k := in.PathPatternConfig; k != nil && err == nil {
		err = take(structs.FieldPathPattern, k.Values, k.RegexValues)
	}
	if k := in.HttpHeaderConfig; k != nil && err == nil {
		out.Header = k.HttpHeaderName
		err = take(structs.FieldHTTPHeader, k.Values, k.RegexValues)
	}
	if k := in.HttpRequestMethodConfig; k != nil && err == nil {
		err = take(structs.FieldRequestMethod, k.Values, nil)
	}
	if k := in.SourceIpConfig; k != nil && err == nil {
		err = take(structs.FieldSourceIP, k.Values, nil)
	}
	if k := in.QueryStringConfig; k != nil && err == nil {
		err = take(structs.FieldQueryString, nil, nil)
		for _, pair := range k.Values {
			out.Query = append(out.Query, structs.QueryPair{Key: pair.Key, Value: pair.Value})
		}
	}
	if err == nil && configs > 1 {
		err = structs.Errorf(structs.KindInvalidParameter, "A condition has one configuration, and this one of the field '%s' has %d", in.Field, configs)
	}
	return out, err
}

func showConditions(conditions []structs.RuleCondition) []RuleCondition {
	out := []RuleCondition{}
	for i := range conditions {
		out = append(out, showCondition(&conditions[i]))
	}
	return out
}

// showCondition shows a condition, with the values of hosts and paths in both places, as elbv2
// does.
func showCondition(c *structs.RuleCondition) RuleCondition {
	out := RuleCondition{Field: c.Field}
	switch c.Field {
	case structs.FieldHostHeader:
		out.Values, out.RegexValues = c.Values, c.Regex
		out.HostHeaderConfig = &HostHeaderConditionConfig{Values: c.Values, RegexValues: c.Regex}
	case structs.FieldPathPattern:
		out.Values, out.RegexValues = c.Values, c.Regex
		out.PathPatternConfig = &PathPatternConditionConfig{Values: c.Values, RegexValues: c.Regex}
	case structs.FieldHTTPHeader:
		out.HttpHeaderConfig = &HttpHeaderConditionConfig{HttpHeaderName: c.Header, Values: c.Values, RegexValues: c.Regex}
	case structs.FieldRequestMethod:
		out.HttpRequestMethodConfig = &HttpRequestMethodConditionConfig{Values: c.Values}
	case structs.FieldSourceIP:
		out.SourceIpConfig = &SourceIpConditionConfig{Values: c.Values}
	case structs.FieldQueryString:
		out.QueryStringConfig = &QueryStringConditionConfig{}
		for _, q := range c.Query {
			out.QueryStringConfig.Values = append(out.QueryStringConfig.Values, QueryStringKeyValuePair{Key: q.Key, Value: q.Value})
		}
	}
	return out
}
