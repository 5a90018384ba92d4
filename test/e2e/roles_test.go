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

// roleTest is a role on a secured server, and its administrator.
type roleTest struct {
	*secured
	admin []string
}

// run runs the aws CLI, and expects a refusal with a text; empty: success.
func (s *roleTest) run(env []string, refusal string, args ...string) string {
	s.t.Helper()
	out, err := s.awsOf(env, args...)
	if (err != nil) != (refusal != "") || !strings.Contains(out, refusal) {
		s.t.Errorf("aws %s: %v, want %q:\n%s", strings.Join(args, " "), err, refusal, out)
	}
	return out
}

// file writes a document, and returns how the aws CLI names it.
func (s *roleTest) file(name, text string) string {
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return "file://" + path
}

const (
	executionPolicy = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
	listPolicy      = "arn:aws:iam::000000000000:policy/list"
	roleSession     = "arn:aws:sts::000000000000:assumed-role/deploy/me"
)

// TestRoles takes a role through its life with the real aws CLI, in the order in which Terraform's
// aws_iam_role, aws_iam_role_policy and aws_iam_policy call, and uses its temporary keys.
func TestRoles(t *testing.T) {
	s := &roleTest{secured: startSecured(t)}
	s.admin = s.administrator()
	s.makeRole()
	keys := s.assumeRole()
	s.useRole(keys)
	s.removeRole(keys)
}

func (s *roleTest) makeRole() {
	trust := s.file("trust.json", `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"},
		{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole",
		 "Condition": {"StringEquals": {"sts:ExternalId": "a+c=d"}}}]}`)
	policy := s.file("policy.json", `{"Version": "2012-10-17", "Statement": [
		{"Sid": "A+B", "Effect": "Allow", "Action": ["ecs:CreateCluster", "s3:PutObject"], "Resource": ["arn:aws:ecs:*:*:cluster/dev-*", "arn:aws:s3:::b/*"]}]}`)

	s.run(s.admin, "", "iam", "create-role", "--role-name", "deploy", "--path", "/ops/", "--assume-role-policy-document", trust, "--tags", "Key=team,Value=web", "Key=empty,Value=")
	s.run(s.admin, "(EntityAlreadyExists)", "iam", "create-role", "--role-name", "deploy", "--assume-role-policy-document", trust)
	s.run(s.admin, "(MalformedPolicyDocument)", "iam", "put-role-policy", "--role-name", "deploy", "--policy-name", "p", "--policy-document", "{}")
	s.run(s.admin, "", "iam", "wait", "role-exists", "--role-name", "deploy")
	var role struct {
		Role struct {
			Arn                      string
			AssumeRolePolicyDocument map[string]any
			Tags                     []map[string]string
		}
	}
	shown := s.run(s.admin, "", "iam", "get-role", "--role-name", "deploy")
	if err := json.Unmarshal([]byte(shown), &role); err != nil || role.Role.Arn != "arn:aws:iam::000000000000:role/ops/deploy" || len(role.Role.Tags) != 2 ||
		!strings.Contains(shown, "a+c=d") {
		s.t.Errorf("%v: %s", err, shown)
	}
	s.run(s.admin, "", "iam", "put-role-policy", "--role-name", "deploy", "--policy-name", "clusters", "--policy-document", policy)
	if out := s.run(s.admin, "", "iam", "get-role-policy", "--role-name", "deploy", "--policy-name", "clusters"); !strings.Contains(out, `"Sid": "A+B"`) {
		s.t.Error(out)
	}
	s.run(s.admin, "", "iam", "attach-role-policy", "--role-name", "deploy", "--policy-arn", executionPolicy)
	s.run(s.admin, "", "iam", "create-policy", "--policy-name", "list", "--policy-document", `{"Statement": {"Effect": "Allow", "Action": "ecs:ListClusters", "Resource": "*"}}`)
	s.run(s.admin, "", "iam", "attach-role-policy", "--role-name", "deploy", "--policy-arn", listPolicy)
}

// assumeRole returns the keys of the role, as variables of the aws CLI.
func (s *roleTest) assumeRole() []string {
	s.run(s.admin, "(AccessDenied)", "sts", "assume-role", "--role-arn", "arn:aws:iam::000000000000:role/ops/deploy", "--role-session-name", "me")
	out := s.run(s.admin, "", "sts", "assume-role", "--role-arn", "arn:aws:iam::123456789012:role/ops/deploy", "--role-session-name", "me", "--external-id", "a+c=d")
	var assumed struct {
		Credentials     struct{ AccessKeyId, SecretAccessKey, SessionToken, Expiration string }
		AssumedRoleUser struct{ Arn string }
	}
	if err := json.Unmarshal([]byte(out), &assumed); err != nil || assumed.AssumedRoleUser.Arn != roleSession {
		s.t.Fatalf("%v: %s", err, out)
	}
	return []string{
		"AWS_ACCESS_KEY_ID=" + assumed.Credentials.AccessKeyId, "AWS_SECRET_ACCESS_KEY=" + assumed.Credentials.SecretAccessKey,
		"AWS_SESSION_TOKEN=" + assumed.Credentials.SessionToken,
	}
}

func (s *roleTest) useRole(keys []string) {
	if out := s.run(keys, "", "sts", "get-caller-identity"); !strings.Contains(out, roleSession) {
		s.t.Error(out)
	}
	s.run(keys, "", "ecs", "create-cluster", "--cluster-name", "dev-1")
	s.run(keys, "(AccessDeniedException)", "ecs", "create-cluster", "--cluster-name", "prod")
	s.run(keys, "", "ecs", "list-clusters")
	s.run(keys, "(AccessDenied)", "iam", "list-roles")

	policy := s.file("less.json", `{"Statement": {"Effect": "Deny", "Action": "ecs:ListClusters", "Resource": "*"}}`)
	s.run(s.admin, "", "iam", "create-policy-version", "--policy-arn", listPolicy, "--policy-document", policy, "--set-as-default")
	s.run(keys, "explicit deny", "ecs", "list-clusters")
	audit, err := os.ReadFile(filepath.Join(s.dir, "data", "server", "audit.log"))
	if err != nil || !strings.Contains(string(audit), `"who":"`+roleSession+`","action":"ecs:CreateCluster"`) {
		s.t.Errorf("the audit log does not name the session: %v\n%s", err, audit)
	}
}

func (s *roleTest) removeRole(keys []string) {
	s.run(s.admin, "(DeleteConflict)", "iam", "delete-role", "--role-name", "deploy")
	s.run(s.admin, "(DeleteConflict)", "iam", "delete-policy", "--policy-arn", listPolicy)
	s.run(s.admin, "", "iam", "list-instance-profiles-for-role", "--role-name", "deploy")
	for _, arn := range []string{executionPolicy, listPolicy} {
		s.run(s.admin, "", "iam", "detach-role-policy", "--role-name", "deploy", "--policy-arn", arn)
	}
	s.run(s.admin, "", "iam", "delete-role-policy", "--role-name", "deploy", "--policy-name", "clusters")
	s.run(s.admin, "", "iam", "delete-role", "--role-name", "deploy")
	s.run(keys, "(UnrecognizedClientException)", "ecs", "create-cluster", "--cluster-name", "dev-2")
	s.run(s.admin, "(NoSuchEntity)", "iam", "get-role", "--role-name", "deploy")
	s.run(s.admin, "", "iam", "delete-policy-version", "--policy-arn", listPolicy, "--version-id", "v1")
	s.run(s.admin, "", "iam", "delete-policy", "--policy-arn", listPolicy)
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
