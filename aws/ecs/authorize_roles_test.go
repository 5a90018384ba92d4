package ecs

import (
	"strings"
	"testing"
)

// Who registers a definition with roles, or runs a task with them, needs iam:PassRole on each.
func TestRolesArePassed(t *testing.T) {
	f := newFixture(t)
	door := f.door(t)
	policy := `{"Statement":[{"Effect":"Allow","Action":"ecs:*","Resource":"*"},
		{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/app-*"}]}`
	const containers = `"containerDefinitions":[{"name":"app","image":"app","memory":16}]`
	const refused = "is not authorized to perform: iam:PassRole on resource: arn:aws:iam::000000000000:role/"
	for _, test := range []struct{ operation, body, refused string }{
		{"RegisterTaskDefinition", `{"family":"roles",` + containers + `,"taskRoleArn":"arn:aws:iam::123456789012:role/app-task","executionRoleArn":"app-exec"}`, ""},
		{"RegisterTaskDefinition", `{"family":"roles",` + containers + `,"taskRoleArn":"arn:aws:iam::123456789012:role/admin"}`, "admin"},
		{"RegisterTaskDefinition", `{"family":"roles",` + containers + `,"executionRoleArn":"admin"}`, "admin"},
		{"RegisterTaskDefinition", `{"family":"roles",` + containers + `}`, ""},
		{"RunTask", `{"taskDefinition":"hello"}`, ""},
		{"RunTask", `{"taskDefinition":"hello","overrides":{"executionRoleArn":"admin"}}`, "admin"},
		{"RunTask", `{"taskDefinition":"hello","overrides":{"taskRoleArn":"arn:aws:iam::123456789012:role/admin"}}`, "admin"},
		{"StartTask", `{"taskDefinition":"hello","containerInstances":["` + f.instance.ID + `"],"overrides":{"executionRoleArn":"admin"}}`, "admin"},
		{"RunTask", `{"taskDefinition":"secretive"}`, "r"}, // the definition's roles
		{"RunTask", `{"taskDefinition":"secretive:1"}`, "r"},
		{"RunTask", `{"taskDefinition":"secretive","overrides":{"executionRoleArn":"app-exec","taskRoleArn":"admin"}}`, "admin"},
	} {
		got := askAs(t, door, policy, test.operation, test.body)
		if strings.Contains(got, refused) != (test.refused != "") || !strings.Contains(got, test.refused) {
			t.Errorf("%s %s: %s", test.operation, test.body, got)
		}
	}
}
