package structs

import (
	"slices"
	"strings"
	"testing"
)

// The definitions and the lists come from published answers of ECS.
func TestRequiredAttributesAndCompatibilities(t *testing.T) {
	const ecr = `"image":"1.dkr.ecr.eu-west-1.amazonaws.com/app:1"`
	awslogs := func(more string) string {
		return `"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/ecs/app","awslogs-region":"eu-west-1"` + more + `}}`
	}
	fargate := `"networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512",`
	for _, tc := range []struct {
		name, definition string
		attributes       string // without their common prefixes, sorted
		compatibilities  string
	}{
		{"nothing of note", `{"family":"f","containerDefinitions":[{"name":"a","image":"busybox","memory":10,"portMappings":[{"containerPort":80,"hostPort":80}]}]}`,
			"", "EXTERNAL EC2"},
		{"a bridge with a named port", `{"family":"f","networkMode":"bridge","executionRoleArn":"r","taskRoleArn":"r","containerDefinitions":[{"name":"a",` + ecr +
			`,"memory":10,"portMappings":[{"containerPort":80,"name":"web"}],` + awslogs(`,"awslogs-create-group":"true"`) + `}]}`,
			"docker-remote-api.1.19 docker-remote-api.1.29 ecr-auth execution-role-awslogs execution-role-ecr-pull logging-driver.awslogs task-iam-role", "EC2"},
		{"logs without a role", `{"family":"f","containerDefinitions":[{"name":"a","image":"nginx","memory":10,` + awslogs("") + `}]}`,
			"docker-remote-api.1.19 logging-driver.awslogs", "EXTERNAL EC2"},
		{"Fargate", `{"family":"f",` + fargate + `"executionRoleArn":"r","containerDefinitions":[{"name":"a",` + ecr + `}]}`,
			"docker-remote-api.1.18 ecr-auth execution-role-ecr-pull task-eni", "EC2 FARGATE MANAGED_INSTANCES"},
		{"no size of Fargate's", `{"family":"f","networkMode":"awsvpc","cpu":"512","memory":"717","containerDefinitions":[{"name":"a","image":"nginx"}]}`,
			"docker-remote-api.1.18 task-eni", "EC2 MANAGED_INSTANCES"},
		{"a health check and secrets", `{"family":"f",` + fargate + `"containerDefinitions":[{"name":"a","image":"nginx","secrets":[{"name":"S","valueFrom":"arn:aws:ssm:x"}],
			"healthCheck":{"command":["CMD-SHELL","true"],"startPeriod":10}}]}`,
			"container-health-check docker-remote-api.1.18 docker-remote-api.1.29 secrets.ssm.environment-variables task-eni", "EC2 FARGATE MANAGED_INSTANCES"},
	} {
		d := definition(t, tc.definition)
		d.Normalize()
		var names []string
		for _, a := range d.RequiresAttributes {
			names = append(names, strings.TrimPrefix(strings.TrimPrefix(a.Name, "com.amazonaws."), "ecs.capability."))
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != tc.attributes {
			t.Errorf("%s: it requires %q, want %q", tc.name, got, tc.attributes)
		}
		if got := strings.Join(d.Compatibilities, " "); got != tc.compatibilities {
			t.Errorf("%s: it is compatible with %q, want %q", tc.name, got, tc.compatibilities)
		}
	}
}
