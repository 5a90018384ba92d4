package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// administrator makes the first access key, once the server answers.
func (s *secured) administrator() (env []string) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); len(env) != 2; time.Sleep(50 * time.Millisecond) {
		out, err := s.gantry(nil, "bootstrap", "--address", s.url, "--secret-file", s.secret)
		if env = exports(out); err != nil && time.Now().After(deadline) {
			s.t.Fatal(out)
		}
	}
	return env
}

// TestRoles takes a role through its life with the real aws CLI, in the order in which Terraform's
// aws_iam_role, aws_iam_role_policy and aws_iam_policy call, and uses its temporary keys.
func TestRoles(t *testing.T) {
	s := startSecured(t)
	admin := s.administrator()
	run := func(env []string, refusal string, args ...string) string {
		t.Helper()
		out, err := s.awsOf(env, args...)
		if (err != nil) != (refusal != "") || !strings.Contains(out, refusal) {
			t.Errorf("aws %s: %v, want %q:\n%s", strings.Join(args, " "), err, refusal, out)
		}
		return out
	}
	file := func(name, text string) string {
		path := filepath.Join(s.dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "file://" + path
	}
	const execution = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
	trust := file("trust.json", `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"},
		{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole",
		 "Condition": {"StringEquals": {"sts:ExternalId": "a+c=d"}}}]}`)
	policy := file("policy.json", `{"Version": "2012-10-17", "Statement": [
		{"Sid": "A+B", "Effect": "Allow", "Action": ["ecs:CreateCluster", "s3:PutObject"], "Resource": ["arn:aws:ecs:*:*:cluster/dev-*", "arn:aws:s3:::b/*"]}]}`)

	run(admin, "", "iam", "create-role", "--role-name", "deploy", "--path", "/ops/", "--assume-role-policy-document", trust, "--tags", "Key=team,Value=web", "Key=empty,Value=")
	run(admin, "(EntityAlreadyExists)", "iam", "create-role", "--role-name", "deploy", "--assume-role-policy-document", trust)
	run(admin, "(MalformedPolicyDocument)", "iam", "put-role-policy", "--role-name", "deploy", "--policy-name", "p", "--policy-document", "{}")
	run(admin, "", "iam", "wait", "role-exists", "--role-name", "deploy")
	var role struct {
		Role struct {
			Arn                      string
			AssumeRolePolicyDocument map[string]any
			Tags                     []map[string]string
		}
	}
	shown := run(admin, "", "iam", "get-role", "--role-name", "deploy")
	if err := json.Unmarshal([]byte(shown), &role); err != nil || role.Role.Arn != "arn:aws:iam::000000000000:role/ops/deploy" || len(role.Role.Tags) != 2 ||
		!strings.Contains(shown, "a+c=d") {
		t.Errorf("%v: %s", err, shown)
	}
	run(admin, "", "iam", "put-role-policy", "--role-name", "deploy", "--policy-name", "clusters", "--policy-document", policy)
	if out := run(admin, "", "iam", "get-role-policy", "--role-name", "deploy", "--policy-name", "clusters"); !strings.Contains(out, `"Sid": "A+B"`) {
		t.Error(out)
	}
	run(admin, "", "iam", "attach-role-policy", "--role-name", "deploy", "--policy-arn", execution)
	run(admin, "", "iam", "create-policy", "--policy-name", "list", "--policy-document", `{"Statement": {"Effect": "Allow", "Action": "ecs:ListClusters", "Resource": "*"}}`)
	run(admin, "", "iam", "attach-role-policy", "--role-name", "deploy", "--policy-arn", "arn:aws:iam::000000000000:policy/list")

	run(admin, "(AccessDenied)", "sts", "assume-role", "--role-arn", role.Role.Arn, "--role-session-name", "me")
	out := run(admin, "", "sts", "assume-role", "--role-arn", "arn:aws:iam::123456789012:role/ops/deploy", "--role-session-name", "me", "--external-id", "a+c=d")
	var assumed struct {
		Credentials     struct{ AccessKeyId, SecretAccessKey, SessionToken, Expiration string }
		AssumedRoleUser struct{ Arn string }
	}
	if err := json.Unmarshal([]byte(out), &assumed); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	keys := []string{
		"AWS_ACCESS_KEY_ID=" + assumed.Credentials.AccessKeyId, "AWS_SECRET_ACCESS_KEY=" + assumed.Credentials.SecretAccessKey,
		"AWS_SESSION_TOKEN=" + assumed.Credentials.SessionToken,
	}
	const session = "arn:aws:sts::000000000000:assumed-role/deploy/me"
	if out := run(keys, "", "sts", "get-caller-identity"); !strings.Contains(out, session) || assumed.AssumedRoleUser.Arn != session {
		t.Error(out)
	}
	run(keys, "", "ecs", "create-cluster", "--cluster-name", "dev-1")
	run(keys, "(AccessDeniedException)", "ecs", "create-cluster", "--cluster-name", "prod")
	run(keys, "", "ecs", "list-clusters")
	run(keys, "(AccessDenied)", "iam", "list-roles")

	policy = file("less.json", `{"Statement": {"Effect": "Deny", "Action": "ecs:ListClusters", "Resource": "*"}}`)
	run(admin, "", "iam", "create-policy-version", "--policy-arn", "arn:aws:iam::000000000000:policy/list", "--policy-document", policy, "--set-as-default")
	run(keys, "explicit deny", "ecs", "list-clusters")
	audit, err := os.ReadFile(filepath.Join(s.dir, "data", "server", "audit.log"))
	if err != nil || !strings.Contains(string(audit), `"who":"`+session+`","action":"ecs:CreateCluster"`) {
		t.Errorf("the audit log does not name the session: %v\n%s", err, audit)
	}

	run(admin, "(DeleteConflict)", "iam", "delete-role", "--role-name", "deploy")
	run(admin, "(DeleteConflict)", "iam", "delete-policy", "--policy-arn", "arn:aws:iam::000000000000:policy/list")
	run(admin, "", "iam", "list-instance-profiles-for-role", "--role-name", "deploy")
	for _, arn := range []string{execution, "arn:aws:iam::000000000000:policy/list"} {
		run(admin, "", "iam", "detach-role-policy", "--role-name", "deploy", "--policy-arn", arn)
	}
	run(admin, "", "iam", "delete-role-policy", "--role-name", "deploy", "--policy-name", "clusters")
	run(admin, "", "iam", "delete-role", "--role-name", "deploy")
	run(keys, "(UnrecognizedClientException)", "ecs", "create-cluster", "--cluster-name", "dev-2")
	run(admin, "(NoSuchEntity)", "iam", "get-role", "--role-name", "deploy")
	run(admin, "", "iam", "delete-policy-version", "--policy-arn", "arn:aws:iam::000000000000:policy/list", "--version-id", "v1")
	run(admin, "", "iam", "delete-policy", "--policy-arn", "arn:aws:iam::000000000000:policy/list")
}

// TestRoleCommands uses a role from a shell.
func TestRoleCommands(t *testing.T) {
	s := startSecured(t)
	admin := s.administrator()
	file := filepath.Join(s.dir, "clusters.json")
	if err := os.WriteFile(file, []byte(`{"Statement": {"Effect": "Allow", "Action": "gantry:ListRoles", "Resource": "*"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	role := func(env []string, refusal string, args ...string) string {
		t.Helper()
		out, err := s.gantry(env, append([]string{"role"}, append(args, "--address", s.url, "--ca-file", s.caPEM)...)...)
		if (err != nil) != (refusal != "") || !strings.Contains(out, refusal) {
			t.Errorf("gantry role %s: %v, want %q:\n%s", strings.Join(args, " "), err, refusal, out)
		}
		return out
	}
	role(admin, "", "create", "app", "--policy", file)
	role(admin, "already exists", "create", "app")
	role(admin, "is not authorized to perform: sts:AssumeRole", "assume", "app") // it is for tasks
	trust := filepath.Join(s.dir, "trust.json")
	if err := os.WriteFile(trust, []byte(`{"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	role(admin, "", "put", "app", "--policy", file, "--trust", trust, "--max-session", "2h")
	keys := exports(role(admin, "", "assume", "app", "--valid", "2h"))
	if out := role(keys, "", "ls"); !strings.Contains(out, "app") || !strings.Contains(out, "clusters") {
		t.Error(out)
	}
	role(keys, "assumed-role/app/gantry-role-assume is not authorized to perform: gantry:DescribeRole", "show", "app")
	if out := role(admin, "", "show", "app"); !strings.Contains(out, "2h0m0s") || !strings.Contains(out, "policy clusters") {
		t.Error(out)
	}
	role(admin, "", "rm", "app")
	role(keys, "The security token included in the request is invalid", "ls")
	role(admin, "cannot be found", "show", "app")
}
