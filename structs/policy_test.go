package structs

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPolicyDecides(t *testing.T) {
	web := "arn:aws:ecs:us-east-1:000000000000:service/prod/web"
	for name, test := range map[string]struct {
		statements string
		action     string
		resource   string
		want       Decision
	}{
		"nothing said":             {`{"Effect":"Allow","Action":"ecs:ListTasks","Resource":"*"}`, "ecs:StopTask", AnyResource, NotAllowed},
		"one action":               {`{"Effect":"Allow","Action":"ecs:StopTask","Resource":"*"}`, "ecs:StopTask", web, Allowed},
		"case of an action":        {`{"Effect":"Allow","Action":"ECS:stoptask","Resource":"*"}`, "ecs:StopTask", web, Allowed},
		"star in an action":        {`{"Effect":"Allow","Action":"ecs:*Task","Resource":"*"}`, "ecs:StopTask", web, Allowed},
		"star that ends too early": {`{"Effect":"Allow","Action":"ecs:*Task","Resource":"*"}`, "ecs:ListTasks", web, NotAllowed},
		"question mark":            {`{"Effect":"Allow","Action":"ecs:St?pTask","Resource":"*"}`, "ecs:StopTask", web, Allowed},
		"question mark for none":   {`{"Effect":"Allow","Action":"ecs:StopTask?","Resource":"*"}`, "ecs:StopTask", web, NotAllowed},
		"everything":               {`{"Effect":"Allow","Action":"*","Resource":"*"}`, "gantry:PutJob", AnyResource, Allowed},
		"another service":          {`{"Effect":"Allow","Action":"gantry:*","Resource":"*"}`, "ecs:StopTask", web, NotAllowed},
		"a resource":               {`{"Effect":"Allow","Action":"ecs:*","Resource":"arn:aws:ecs:us-east-1:000000000000:service/prod/web"}`, "ecs:UpdateService", web, Allowed},
		"another resource":         {`{"Effect":"Allow","Action":"ecs:*","Resource":"arn:aws:ecs:us-east-1:000000000000:service/prod/api"}`, "ecs:UpdateService", web, NotAllowed},
		"case of a resource":       {`{"Effect":"Allow","Action":"ecs:*","Resource":"arn:aws:ecs:us-east-1:000000000000:service/prod/WEB"}`, "ecs:UpdateService", web, NotAllowed},
		"resources of a cluster":   {`{"Effect":"Allow","Action":"ecs:*","Resource":["arn:aws:ecs:*:*:task/prod/*","arn:aws:ecs:*:*:service/prod/*"]}`, "ecs:UpdateService", web, Allowed},
		"any ARN, no resource":     {`{"Effect":"Allow","Action":"ecs:*","Resource":"arn:aws:ecs:*:*:*"}`, "ecs:ListClusters", AnyResource, NotAllowed},
		"deny wins":                {`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"ecs:Update*","Resource":"arn:aws:ecs:*:*:service/prod/*"}`, "ecs:UpdateService", web, Denied},
		"deny first wins":          {`{"Effect":"Deny","Action":"ecs:Update*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}`, "ecs:UpdateService", web, Denied},
		"deny of something else":   {`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"ecs:*","Resource":"arn:aws:ecs:*:*:service/dev/*"}`, "ecs:UpdateService", web, Allowed},
		// A caller can sign for any region, which must not get it past a policy.
		"another service of AWS": {`{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}`, "ec2:DescribeInstances", AnyResource, Allowed},
		"deny in another region": {`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"ecs:*","Resource":"arn:aws:ecs:eu-west-1:000000000000:service/prod/*"}`, "ecs:UpdateService", web, Denied},
	} {
		p, err := ParsePolicy(`{"Version":"2012-10-17","Statement":[` + test.statements + `]}`)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := p.Decide(test.action, test.resource, nil); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

func TestReadOnlyPolicy(t *testing.T) {
	p := ReadOnlyPolicy()
	for action, want := range map[string]Decision{
		"ecs:DescribeTasks": Allowed, "ecs:ListServices": Allowed, "ecs:GetTaskProtection": Allowed, "ec2:DescribeInstances": Allowed, "gantry:DescribeJob": Allowed, "gantry:PlanJob": Allowed,
		"ecs:RunTask": NotAllowed, "gantry:PutJob": NotAllowed, "gantry:CreateAccessKey": NotAllowed, "gantry:ListAccessKeys": Denied, "gantry:PutPlan": NotAllowed,
	} {
		if got := p.Decide(action, AnyResource, nil); got != want {
			t.Errorf("%s: %d, want %d", action, got, want)
		}
	}
}

// Parts that Gantry cannot enforce are refused: an accepted policy does what it states.
func TestParsePolicyRefuses(t *testing.T) {
	statement := func(members string) string { return `{"Statement":{` + members + `}}` }
	for text, want := range map[string]string{
		``:        "not a policy",
		`other`:   "not a policy",
		`{} {}`:   "more after the end",
		`{"a":1}`: `unknown field "a"`,
		`{}`:      "allows nothing",
		`{"Version":"2020-01-01","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`:            "Version",
		statement(`"Effect":"allow","Action":"*","Resource":"*"`):                                        "Effect",
		statement(`"Effect":"Allow","Resource":"*"`):                                                     "Action",
		statement(`"Effect":"Allow","Action":"*"`):                                                       "Resource",
		statement(`"Effect":"Allow","Action":"RunTask","Resource":"*"`):                                  "'RunTask' is no action",
		statement(`"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"`):                          "'sqs:SendMessage' is no action",
		statement(`"Effect":"Deny","Action":"ec2:RunInstances","Resource":"*"`):                          "'ec2:RunInstances' is not an action that Gantry has",
		statement(`"Effect":"Deny","Action":"sts:GetCallerIdentity","Resource":"*"`):                     "everybody may do sts:GetCallerIdentity",
		statement(`"Effect":"Allow","Action":"ec2:DescribeInstances","Resource":"arn:aws:ec2:::a/b"`):    "no resource in particular",
		statement(`"Effect":"Allow","Action":"*","Resource":"service/web"`):                              "'service/web' is neither",
		statement(`"Effect":"Allow","Action":"*","Resource":"arn:aws:ecs:*:*:task/${aws:username}"`):     "is neither",
		statement(`"Effect":"Allow","Action":"*","Resource":"*","Condition":{}`):                         "Condition: it is empty",
		statement(`"Effect":"Allow","NotAction":"*","Resource":"*"`):                                     `unknown field "NotAction"`,
		statement(`"Effect":"Allow","Action":"*","Resource":["` + strings.Repeat("*", maxPolicy) + `"]`): "neither",
	} {
		if _, err := ParsePolicy(text); KindOf(err) != KindInvalidParameter || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error that says %q", text, err, want)
		}
	}
}

// TestMatches compares matches with a simple definition of the patterns.
func TestMatches(t *testing.T) {
	var plain func(p, s string) bool
	plain = func(p, s string) bool {
		switch {
		case p == "":
			return s == ""
		case p[0] == '*':
			return plain(p[1:], s) || s != "" && plain(p, s[1:])
		}
		return s != "" && (p[0] == '?' || p[0] == s[0]) && plain(p[1:], s[1:])
	}
	rapid.Check(t, func(t *rapid.T) {
		p, s := rapid.StringMatching(`[ab*?]{0,8}`).Draw(t, "pattern"), rapid.StringMatching(`[ab]{0,10}`).Draw(t, "text")
		if matches(p, s) != plain(p, s) {
			t.Fatalf("%q matches %q: %v", p, s, matches(p, s))
		}
	})
}
