package structs

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Condition is one line of a statement's Condition: an operator, a condition key, and the values to
// compare it with.
type Condition struct {
	// Operator is IAM's, with its prefix and suffix: ForAnyValue:StringLike, ArnEqualsIfExists.
	Operator string   `json:"operator"`
	Key      string   `json:"key"`
	Values   []string `json:"values"`
}

// Conditions must all hold. In JSON they are as in IAM: values by key by operator.
type Conditions []Condition

// MarshalJSON returns IAM's form.
func (c Conditions) MarshalJSON() ([]byte, error) {
	block := map[string]map[string][]string{}
	for _, one := range c {
		if block[one.Operator] == nil {
			block[one.Operator] = map[string][]string{}
		}
		block[one.Operator][one.Key] = one.Values
	}
	return json.Marshal(block)
}

// UnmarshalJSON reads IAM's form: one value or several, as text, true or false, or a number.
func (c *Conditions) UnmarshalJSON(raw []byte) error {
	var block map[string]map[string]list[scalar]
	if err := json.Unmarshal(raw, &block); err != nil {
		return Errorf(KindInvalidParameter, "Condition: it is not like {\"StringEquals\": {\"ecs:cluster\": [\"…\"]}}: %v", err)
	}
	*c = Conditions{}
	for _, operator := range slices.Sorted(maps.Keys(block)) {
		if len(block[operator]) == 0 {
			return Errorf(KindInvalidParameter, "Condition: %s: there is no condition key", operator)
		}
		for _, key := range slices.Sorted(maps.Keys(block[operator])) {
			one := Condition{Operator: operator, Key: key}
			for _, value := range block[operator][key] {
				one.Values = append(one.Values, string(value))
			}
			*c = append(*c, one)
		}
	}
	return nil
}

// scalar is a value of a condition.
type scalar string

// UnmarshalJSON reads text, true or false, or a number.
func (s *scalar) UnmarshalJSON(raw []byte) error {
	if raw[0] == '"' {
		return json.Unmarshal(raw, (*string)(s))
	}
	if strings.ContainsAny(string(raw), "[{") || string(raw) == "null" {
		return Errorf(KindInvalidParameter, "a value is a text, true, false or a number, not %s", raw)
	}
	*s = scalar(raw)
	return nil
}

// operator is one of IAM's condition operators.
type operator struct {
	keys    []keyType // that it compares
	matches func(pattern, value string) bool
	not     bool // it holds if none of the values matches
}

var (
	anyType   = []keyType{keyText, keyARN, keyBool}
	operators = map[string]operator{
		"StringEquals":              {anyType, equal, false},
		"StringNotEquals":           {anyType, equal, true},
		"StringEqualsIgnoreCase":    {anyType, strings.EqualFold, false},
		"StringNotEqualsIgnoreCase": {anyType, strings.EqualFold, true},
		"StringLike":                {anyType, matches, false},
		"StringNotLike":             {anyType, matches, true},
		"ArnEquals":                 {[]keyType{keyARN}, matchesARN, false},
		"ArnLike":                   {[]keyType{keyARN}, matchesARN, false},
		"ArnNotEquals":              {[]keyType{keyARN}, matchesARN, true},
		"ArnNotLike":                {[]keyType{keyARN}, matchesARN, true},
		"Bool":                      {[]keyType{keyBool}, strings.EqualFold, false},
	}
)

const (
	operatorNull = "Null" // holds with true if the key has no value, with false if it has one
	ifExists     = "IfExists"
	forAllValues = "ForAllValues"
	forAnyValue  = "ForAnyValue"
)

func equal(a, b string) bool { return a == b }

// split returns the parts of an operator: which of a key's values must match (if empty, see holds),
// the operator itself, and whether it also holds if the key has no value.
func (c Condition) split() (set, name string, orMissing bool) {
	name = c.Operator
	if before, after, found := strings.Cut(name, ":"); found {
		set, name = before, after
	}
	if trimmed, found := strings.CutSuffix(name, ifExists); found {
		return set, trimmed, true
	}
	return set, name, false
}

// holds reports whether the values of the key in a request satisfy the condition. If a key has
// several values and the operator has neither ForAllValues nor ForAnyValue, IAM does not define the
// result. Here an Allow needs all of them to match and a Deny needs only one, so that neither
// allows more than its author meant.
func (c Condition) holds(effect string, values []string) bool {
	set, name, orMissing := c.split()
	if name == operatorNull {
		return slices.ContainsFunc(c.Values, func(v string) bool { return strings.EqualFold(v, "true") == (len(values) == 0) })
	}
	op := operators[name]
	plain := func(text string) string { return text }
	switch t, _ := typeOfKey(c.Key); t {
	case keyARN:
		plain = unplaced
	case keyBool:
		plain = strings.ToLower
	}
	one := func(value string) bool {
		return op.not != slices.ContainsFunc(c.Values, func(pattern string) bool { return op.matches(plain(pattern), plain(value)) })
	}
	all := !slices.ContainsFunc(values, func(v string) bool { return !one(v) })
	switch {
	case set == forAllValues:
		return all // also if there is none (IAM)
	case len(values) == 0:
		return orMissing || op.not && set == ""
	case set == forAnyValue || effect == EffectDeny:
		return slices.ContainsFunc(values, one)
	}
	return all
}

// unplaced is an ARN without its region and account.
func unplaced(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return arn
	}
	return strings.Join([]string{parts[0], parts[1], parts[2], "", "", parts[5]}, ":")
}

// matchesARN compares ARNs part by part.
func matchesARN(pattern, arn string) bool {
	p, a := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(p) != 6 || len(a) != 6 {
		return matches(pattern, arn)
	}
	for i := range p {
		if !matches(p[i], a[i]) {
			return false
		}
	}
	return true
}
