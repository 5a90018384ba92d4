package structs

import (
	"strings"
	"testing"
)

func TestTrust(t *testing.T) {
	user, session := "arn:aws:iam::000000000000:user/ci", "arn:aws:sts::000000000000:assumed-role/app/web"
	caller := Principal{ARNs: []string{user}}
	ofRole := Principal{ARNs: []string{session, "arn:aws:iam::000000000000:role/app"}}
	tasks := Principal{Service: ServiceTasks}
	allow := func(principal, more string) string {
		return `{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"` + more + `}`
	}
	for name, test := range map[string]struct {
		statements string
		who        Principal
		want       bool
	}{
		"tasks":                       {allow(`{"Service":"ecs-tasks.amazonaws.com"}`, ``), tasks, true},
		"one of several services":     {allow(`{"Service":["ec2.amazonaws.com","ecs-tasks.amazonaws.com"]}`, ``), tasks, true},
		"another service":             {allow(`{"Service":"ec2.amazonaws.com"}`, ``), tasks, false},
		"a caller of a role of tasks": {allow(`{"Service":"ecs-tasks.amazonaws.com"}`, ``), caller, false},
		"the account":                 {allow(`{"AWS":"arn:aws:iam::123456789012:root"}`, ``), caller, true},
		"the account's number":        {allow(`{"AWS":"123456789012"}`, ``), caller, true},
		"the account is not tasks":    {allow(`{"AWS":"123456789012"}`, ``), tasks, false},
		"everybody":                   {allow(`"*"`, ``), caller, true},
		"every caller":                {allow(`{"AWS":"*"}`, ``), ofRole, true},
		"a user of any account":       {allow(`{"AWS":"arn:aws:iam::123456789012:user/ci"}`, ``), caller, true},
		"another user":                {allow(`{"AWS":"arn:aws:iam::123456789012:user/cid"}`, ``), caller, false},
		"a role":                      {allow(`{"AWS":["arn:aws:iam::1:role/other","arn:aws:iam::123456789012:role/app"]}`, ``), ofRole, true},
		"a session of a role":         {allow(`{"AWS":"`+session+`"}`, ``), ofRole, true},
		"denied":                      {allow(`"*"`, ``) + `,{"Effect":"Deny","Principal":{"AWS":"` + user + `"},"Action":"sts:*"}`, caller, false},
		"another is denied":           {allow(`"*"`, ``) + `,{"Effect":"Deny","Principal":{"AWS":"` + user + `"},"Action":"sts:*"}`, ofRole, true},
		"of a cluster's tasks":        {allow(`{"Service":"ecs-tasks.amazonaws.com"}`, `,"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:ecs:eu-west-1:123456789012:*"},"StringEquals":{"aws:SourceAccount":"123456789012"}}`), tasks, true},
		"of another source":           {allow(`{"Service":"ecs-tasks.amazonaws.com"}`, `,"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:ecs:*:*:task/dev/*"}}`), tasks, false},
		"with the external id":        {allow(`"*"`, `,"Condition":{"StringEquals":{"sts:ExternalId":"sesame"}}`), caller, true},
		"with another external id":    {allow(`"*"`, `,"Condition":{"StringEquals":{"sts:ExternalId":"other"}}`), caller, false},
		"only web identities":         {`{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"accounts.google.com:aud":"x"}}}`, caller, false},
	} {
		trust, err := ParseTrust(`{"Version":"2012-10-17","Statement":[` + test.statements + `]}`)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		keys := PolicyKeys{}
		keys.Set("sts:ExternalId", "sesame")
		keys.Set(KeySourceARN, "arn:aws:ecs:us-east-1:000000000000:task/prod/1")
		if got := trust.Allows(test.who, keys); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// What cannot be enforced is refused: it would let others assume the role than its author meant.
func TestTrustRefuses(t *testing.T) {
	for statement, want := range map[string]string{
		`"Effect":"Allow","Action":"sts:AssumeRole"`:                                                                           "Principal",
		`"Effect":"Allow","Principal":{},"Action":"sts:AssumeRole"`:                                                            "Principal",
		`"Effect":"Allow","Principal":{"Aws":"*"},"Action":"sts:AssumeRole"`:                                                   "'Aws' is none of",
		`"Effect":"Allow","Principal":{"AWS":"ci"},"Action":"sts:AssumeRole"`:                                                  "Invalid principal in policy",
		`"Effect":"allow","Principal":"*","Action":"sts:AssumeRole"`:                                                           "Effect",
		`"Effect":"Allow","Principal":"*"`:                                                                                     "Action",
		`"Effect":"Allow","Principal":"*","Action":"ecs:RunTask"`:                                                              "'ecs:runtask' is no action of a trust policy",
		`"Effect":"Allow","NotPrincipal":{"AWS":"*"},"Action":"sts:AssumeRole"`:                                                `unknown field "NotPrincipal"`,
		`"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"`:                                            `unknown field "Resource"`,
		`"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":true}}`:  "aws:MultiFactorAuthPresent",
		`"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringEquals":{"ecs:propagate-tags":"x"}}`:   "has no ecs:propagate-tags",
		`"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"1"}}`:     "accounts do not count",
		`"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringNotEquals":{"aws:SourceAccount":"1"}}`: "accounts do not count",
	} {
		_, err := ParseTrust(`{"Statement":{` + statement + `}}`)
		if KindOf(err) != KindMalformedPolicy || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", statement, err, want)
		}
	}
	if _, err := ParseTrust(`{"Statement":[]}`); KindOf(err) != KindMalformedPolicy {
		t.Errorf("no statement: %v", err)
	}
}

// Policies from elsewhere name services that Gantry does not have. They are kept, and what is about
// Gantry in them is as strict as in the policy of an access key.
func TestRolePolicy(t *testing.T) {
	p, err := ParseRolePolicy(`{"Statement":[
		{"Effect":"Allow","Action":["s3:GetObject","ecs:ListClusters"],"Resource":["arn:aws:s3:::bucket/*","*"]},
		{"Effect":"Allow","Action":["s3:*"],"Resource":"arn:aws:s3:::${aws:username}/*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}},
		{"Effect":"Deny","Action":"dynamodb:DeleteTable","Resource":"*"}]}`)
	if err != nil || len(p.Statement) != 1 || len(p.Statement[0].Action) != 2 || p.Decide("ecs:ListClusters", AnyResource, nil) != Allowed {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := ParseRolePolicy(`{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`); err != nil || p.Decide("ecs:ListClusters", AnyResource, nil) != NotAllowed {
		t.Errorf("only another service: %+v, %v", p, err)
	}
	for statement, want := range map[string]string{
		`"Effect":"Allow","Action":["ecs:ListClusters","s3:*"],"Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`: "IpAddress",
		`"Effect":"Deny","Action":"ecs:RunTasks","Resource":"*"`:                                                                       "is not an action that Gantry has",
		`"Effect":"Allow","NotAction":"s3:*","Resource":"*"`:                                                                           "NotAction",
		`"Effect":"Allow","Action":"GetObject","Resource":"*"`:                                                                         "is no action of",
		`"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::1:policy/x"`:                                                "iam:PassRole is on role",
	} {
		if _, err := ParseRolePolicy(`{"Statement":{` + statement + `}}`); KindOf(err) != KindMalformedPolicy || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", statement, err, want)
		}
	}
}

func TestRoleName(t *testing.T) {
	for text, want := range map[string][2]string{
		"app": {"app", ""}, "arn:aws:iam::123456789012:role/app": {"app", "/"}, "arn:aws-cn:iam::1:role/teams/web/app": {"app", "/teams/web/"},
		"arn:aws:iam::1:user/app": {"app", "user/"},
	} {
		if name, path := RoleName(text); name != want[0] || path != want[1] {
			t.Errorf("%s: %q at %q", text, name, path)
		}
	}
}
