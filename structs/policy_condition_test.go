package structs

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// conditioned returns the policy of a single statement with a condition.
func conditioned(t *testing.T, effect, condition string) *Policy {
	t.Helper()
	p, err := ParsePolicy(`{"Statement":{"Effect":"` + effect + `","Action":"ecs:*","Resource":"*","Condition":` + condition + `}}`)
	if err != nil {
		t.Fatalf("%s: %v", condition, err)
	}
	return &p
}

// TestConditions: how IAM's operators judge a request.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
func TestConditions(t *testing.T) {
	dev, prod := "arn:aws:ecs:us-east-1:000000000000:cluster/dev", "arn:aws:ecs:us-east-1:000000000000:cluster/prod"
	in := func(key string, values ...string) PolicyKeys {
		keys := PolicyKeys{}
		keys.Set(key, values...)
		return keys
	}
	for _, test := range []struct {
		condition string
		keys      PolicyKeys
		holds     bool
	}{
		{`{"StringEquals":{"ecs:propagate-tags":"SERVICE"}}`, in("ecs:propagate-tags", "SERVICE"), true},
		{`{"StringEquals":{"ecs:propagate-tags":"SERVICE"}}`, in("ecs:propagate-tags", "service"), false},
		{`{"StringEquals":{"ECS:Propagate-Tags":["NONE","SERVICE"]}}`, in("ecs:propagate-tags", "SERVICE"), true},
		{`{"StringEquals":{"ecs:propagate-tags":"SERVICE"}}`, nil, false},
		{`{"StringEqualsIfExists":{"ecs:propagate-tags":"SERVICE"}}`, nil, true},
		{`{"StringEqualsIfExists":{"ecs:propagate-tags":"SERVICE"}}`, in("ecs:propagate-tags", "NONE"), false},
		{`{"StringNotEquals":{"ecs:propagate-tags":["NONE","SERVICE"]}}`, in("ecs:propagate-tags", "SERVICE"), false},
		{`{"StringNotEquals":{"ecs:propagate-tags":["NONE","SERVICE"]}}`, in("ecs:propagate-tags", "X"), true},
		{`{"StringNotEquals":{"ecs:propagate-tags":"NONE"}}`, nil, true},
		{`{"StringEqualsIgnoreCase":{"ecs:propagate-tags":"service"}}`, in("ecs:propagate-tags", "SERVICE"), true},
		{`{"StringNotEqualsIgnoreCase":{"ecs:propagate-tags":"service"}}`, in("ecs:propagate-tags", "SERVICE"), false},
		{`{"StringLike":{"aws:ResourceTag/team":"web-*"}}`, in("aws:ResourceTag/Team", "web-1"), true},
		{`{"StringLike":{"aws:ResourceTag/team":"web-?"}}`, in("aws:ResourceTag/team", "web-12"), false},
		{`{"StringNotLike":{"aws:ResourceTag/team":"web-*"}}`, in("aws:ResourceTag/team", "api"), true},
		{`{"ArnEquals":{"ecs:cluster":"` + dev + `"}}`, in("ecs:cluster", dev), true},
		{`{"ArnEquals":{"ecs:cluster":"arn:aws:ecs:*:*:cluster/d?v"}}`, in("ecs:cluster", dev), true},
		{`{"ArnLike":{"ecs:cluster":"arn:aws:ecs:*:*:cluster/d*"}}`, in("ecs:cluster", prod), false},
		{`{"ArnLike":{"ecs:cluster":"arn:aws:ecs:eu-west-1:1:cluster/dev"}}`, in("ecs:cluster", dev), true},
		{`{"ArnNotEquals":{"ecs:cluster":"` + dev + `"}}`, in("ecs:cluster", prod), true},
		{`{"ArnNotLike":{"ecs:cluster":"arn:aws:ecs:*:*:cluster/*"}}`, in("ecs:cluster", prod), false},
		{`{"StringEquals":{"ecs:cluster":"arn:aws:ecs:eu-west-1:1:cluster/dev"}}`, in("ecs:cluster", dev), true},
		{`{"StringNotEquals":{"ecs:cluster":"arn:aws:ecs:eu-west-1:1:cluster/dev"}}`, in("ecs:cluster", dev), false},
		{`{"Bool":{"ecs:privileged":false}}`, in("ecs:privileged", "false"), true},
		{`{"Bool":{"ecs:privileged":"True"}}`, in("ecs:privileged", "true"), true},
		{`{"StringEquals":{"ecs:privileged":"True"}}`, in("ecs:privileged", "true"), true},
		{`{"Bool":{"ecs:privileged":"true"}}`, nil, false},
		{`{"BoolIfExists":{"ecs:privileged":"true"}}`, nil, true},
		{`{"Null":{"aws:RequestTag/team":"true"}}`, nil, true},
		{`{"Null":{"aws:RequestTag/team":false}}`, nil, false},
		{`{"Null":{"aws:RequestTag/team":false}}`, in("aws:RequestTag/team", ""), true},
		{`{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}`, in("aws:TagKeys", "a", "b"), true},
		{`{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}`, in("aws:TagKeys", "a", "c"), false},
		{`{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}`, nil, true},
		{`{"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}}`, in("aws:TagKeys", "c", "b"), true},
		{`{"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}}`, in("aws:TagKeys", "c"), false},
		{`{"ForAnyValue:StringEquals":{"aws:TagKeys":"a"}}`, nil, false},
		{`{"ForAnyValue:StringNotEquals":{"aws:TagKeys":"a"}}`, in("aws:TagKeys", "a", "c"), true},
		{`{"ForAnyValue:StringNotEquals":{"aws:TagKeys":"a"}}`, nil, false},
		{`{"ForAllValues:StringNotEquals":{"aws:TagKeys":"a"}}`, in("aws:TagKeys", "a", "c"), false},
		// All conditions must hold.
		{`{"ArnEquals":{"ecs:cluster":"` + dev + `"},"Bool":{"ecs:privileged":false}}`, in("ecs:cluster", dev), false},
		{`{"StringEquals":{"aws:RequestTag/a":"1","aws:RequestTag/b":"2"}}`, in("aws:RequestTag/a", "1"), false},
	} {
		for effect, decision := range map[string]Decision{EffectAllow: Allowed, EffectDeny: Denied} {
			want := NotAllowed
			if test.holds {
				want = decision
			}
			if got := conditioned(t, effect, test.condition).Decide("ecs:RunTask", AnyResource, test.keys); got != want {
				t.Errorf("%s %s with %v: %d, want %d", effect, test.condition, test.keys, got, want)
			}
		}
	}
}

// If a key has several values and the operator does not say which of them count, an Allow needs all
// and a Deny needs one.
func TestConditionOnSeveralValues(t *testing.T) {
	keys := PolicyKeys{}
	keys.Set("aws:TagKeys", "a", "b")
	for condition, want := range map[string]struct{ allow, deny Decision }{
		`{"StringEquals":{"aws:TagKeys":"a"}}`:       {NotAllowed, Denied},
		`{"StringEquals":{"aws:TagKeys":["a","b"]}}`: {Allowed, Denied},
		`{"StringEquals":{"aws:TagKeys":"c"}}`:       {NotAllowed, NotAllowed},
		`{"StringNotEquals":{"aws:TagKeys":"a"}}`:    {NotAllowed, Denied},
		`{"StringNotEquals":{"aws:TagKeys":"c"}}`:    {Allowed, Denied},
	} {
		allow := conditioned(t, EffectAllow, condition).Decide("ecs:TagResource", AnyResource, keys)
		deny := conditioned(t, EffectDeny, condition).Decide("ecs:TagResource", AnyResource, keys)
		if allow != want.allow || deny != want.deny {
			t.Errorf("%s: %d and %d, want %v", condition, allow, deny, want)
		}
	}
}

// A policy is shown as it was written, and means the same when parsed again.
func TestConditionsInJSON(t *testing.T) {
	p := conditioned(t, EffectAllow, `{"StringLike":{"ecs:cluster":["arn:aws:ecs:*:*:cluster/dev"]},"Bool":{"ecs:privileged":false}}`)
	text, err := json.Marshal(p)
	if want := `"Condition":{"Bool":{"ecs:privileged":["false"]},"StringLike":{"ecs:cluster":["arn:aws:ecs:*:*:cluster/dev"]}}`; err != nil || !strings.Contains(string(text), want) {
		t.Errorf("%v: %s, want %s", err, text, want)
	}
	again, err := ParsePolicy(string(text))
	if err != nil || !reflect.DeepEqual(again, *p) {
		t.Errorf("%v: %+v, want %+v", err, again, *p)
	}
}

// The parts of a condition that Gantry cannot enforce or that would have no effect are refused by
// name: an accepted policy allows no more than its author meant.
func TestParsePolicyRefusesConditions(t *testing.T) {
	for statement, want := range map[string]string{
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"NumericEquals":{"ecs:task-cpu":"1"}}`:                                     "'NumericEquals' is not an operator",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"stringequals":{"ecs:cluster":"*"}}`:                                       "'stringequals' is not an operator",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"ForSomeValues:StringLike":{"ecs:cluster":"*"}}`:                           "'ForSomeValues:StringLike' is not an operator",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"NullIfExists":{"ecs:cluster":"true"}}`:                                    "'NullIfExists' is not an operator",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"StringEquals":{"ecs:subnet":"s"}}`:                                        "'ecs:subnet' is not a condition key",
		`"Effect":"Deny","Action":"ecs:RunTask","Resource":"*","Condition":{"StringEquals":{"ecs:clusters":"s"}}`:                                       "'ecs:clusters' is not a condition key",
		`"Effect":"Deny","Action":"ecs:RunTask","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/":"s"}}`:                                   "'aws:ResourceTag/' is not a condition key",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"ArnLike":{"aws:username":"ci"}}`:                                          "ArnLike does not compare aws:username",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"Bool":{"ecs:cluster":"true"}}`:                                            "Bool does not compare ecs:cluster",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"yes"}}`:                                     "'yes' is neither true nor false",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"Null":{"ecs:cluster":"no"}}`:                                              "'no' is neither true nor false",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"ArnEquals":{"ecs:cluster":"dev"}}`:                                        "'dev' is not an ARN",
		`"Effect":"Deny","Action":"ecs:RunTask","Resource":"*","Condition":{"StringEquals":{"ecs:cluster":"dev"}}`:                                      "'dev' is not an ARN",
		`"Effect":"Deny","Action":"ecs:RunTask","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"web-*"}}`:                            "use StringLike",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"${aws:username}"}}`:                 "has a variable",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"StringEquals":{"ecs:cluster":[]}}`:                                        "there is no value",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"StringEquals":{}}`:                                                        "there is no condition key",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"StringEquals":{"ecs:cluster":null}}`:                                      "not null",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":["a"]`:                                                                      "Condition",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"Bool":{"ecs:privileged":true}},"Condition":{"Null":{"ecs:cluster":true}}`: "'Condition' stands twice",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"Null":{"ecs:cluster":true},"null":{}}`:                                    "'null' stands twice",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","effect":"Deny"`:                                                                        "'effect' stands twice",
		`"Effect":"Deny","Action":"ecs:DeleteCluster","Resource":"*","Condition":{"ArnEquals":{"ecs:cluster":"arn:aws:ecs:*:*:cluster/prod"}}`:          "ecs:DeleteCluster has no ecs:cluster, so by this statement it is never denied",
		`"Effect":"Allow","Action":["ecs:RunTask","ecs:DeleteCluster"],"Resource":"*","Condition":{"ArnNotEquals":{"ecs:cluster":"arn:aws:ecs:::x/y"}}`: "ecs:DeleteCluster has no ecs:cluster, so by this statement it is always allowed",
		`"Effect":"Deny","Action":"gantry:PutJob","Resource":"*","Condition":{"ArnEquals":{"ecs:cluster":"arn:aws:ecs:*:*:cluster/prod"}}`:              "gantry:PutJob has no ecs:cluster",
		`"Effect":"Deny","Action":"ecs:RunTasks","Resource":"*"`:                                                                                        "'ecs:RunTasks' is not an action that Gantry has",
		`"Effect":"Deny","Action":"gantry:Put?obs","Resource":"*"`:                                                                                      "'gantry:Put?obs' is not an action that Gantry has",
		`"Effect":"Deny","Action":"ecs:RunTask","Resource":"arn:aws:ecs:*:*:cluster/prod"`:                                                              "ecs:RunTask is on task-definition; to bound it to a cluster use a Condition on ecs:cluster",
		`"Effect":"Allow","Action":"ecs:RunTask","Resource":["arn:aws:ecs:*:*:task-definition/*","arn:aws:ecs:*:*:cluster/dev"]`:                        "cluster/dev' has no effect",
		`"Effect":"Deny","Action":"ecs:DescribeTaskDefinition","Resource":"arn:aws:ecs:*:*:task-definition/x:*"`:                                        "no resource in particular",
	} {
		if _, err := ParsePolicy(`{"Statement":{` + statement + `}}`); KindOf(err) != KindInvalidParameter || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error that says %q", statement, err, want)
		}
	}
	for _, statement := range []string{
		`"Effect":"Allow","Action":["ecs:RunTask","ecs:DescribeClusters"],"Resource":["arn:aws:ecs:*:*:task-definition/*","arn:aws:ecs:*:*:cluster/dev"]`,
		`"Effect":"Allow","Action":["ecs:RunTask","ecs:ListClusters"],"Resource":"*","Condition":{"ArnEquals":{"ecs:cluster":"arn:aws:ecs:*:*:cluster/dev"}}`,
		`"Effect":"Deny","Action":["ecs:RunTask","ecs:DeleteCluster"],"Resource":"*","Condition":{"ArnEqualsIfExists":{"ecs:cluster":"arn:aws:ecs:*:*:cluster/dev"}}`,
		`"Effect":"Allow","Action":"ecs:SomethingOfNextYear","Resource":"*"`,
		`"Effect":"Deny","Action":"*","Resource":"arn:aws:ecs:*:*:cluster/prod"`,
		`"Effect":"Deny","Action":"ecs:TagResource","Resource":"arn:aws:ecs:*:*:task/prod/*"`,
	} {
		if _, err := ParsePolicy(`{"Statement":{` + statement + `}}`); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
}
