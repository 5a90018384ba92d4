package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// secured is one server of a secured cluster.
type secured struct {
	t             *testing.T
	dir, url      string
	join          string // the address by which agents find it
	secret, caPEM string // files
}

// gantry runs a command with credentials in its environment and returns what it printed.
func (s *secured) gantry(env []string, args ...string) (string, error) {
	cmd := exec.Command(gantry, args...)
	cmd.Env = append([]string{"HOME=" + s.dir}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// aws runs an ecs command of the aws CLI with credentials.
func (s *secured) aws(env []string, args ...string) (string, error) {
	return s.awsOf(env, append([]string{"ecs"}, args...)...)
}

// awsOf runs the aws CLI with credentials. The arguments begin with the service.
func (s *secured) awsOf(env []string, args ...string) (string, error) {
	bin := os.Getenv("AWS")
	if bin == "" {
		bin = "aws"
	}
	cmd := exec.Command(bin, append([]string{"--endpoint-url", s.url, "--output", "json"}, args...)...)
	cmd.Env = append(os.Environ(), "AWS_DEFAULT_REGION=us-east-1", "AWS_CA_BUNDLE="+s.caPEM, "AWS_PAGER=", "AWS_CONFIG_FILE=/dev/null",
		"AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true")
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func startSecured(t *testing.T) *secured {
	s := &secured{t: t, dir: t.TempDir()}
	s.secret, s.caPEM = filepath.Join(s.dir, "cluster.key"), filepath.Join(s.dir, "ca.pem")
	secret, err := s.gantry(nil, "keygen")
	if err != nil {
		t.Fatal(secret)
	}
	if err := os.WriteFile(s.secret, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	ca, err := s.gantry(nil, "ca", "--secret-file", s.secret)
	if err != nil || os.WriteFile(s.caPEM, []byte(ca), 0o600) != nil {
		t.Fatal(ca)
	}
	http, raft, gossip := fmt.Sprint(freePort(t)), fmt.Sprint(freePort(t)), fmt.Sprint(freePort(t))
	s.url, s.join = "https://127.0.0.1:"+http, "127.0.0.1:"+gossip
	var log bytes.Buffer
	server := exec.Command(gantry, "server", "--data-dir", filepath.Join(s.dir, "data"), "--bind", "127.0.0.1", "--bootstrap-expect", "1",
		"--http-port", http, "--raft-port", raft, "--gossip-port", gossip, "--secret-file", s.secret)
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt)
		if err := server.Wait(); err != nil {
			t.Errorf("gantry server: %v\n%s", err, &log)
		}
	})
	return s
}

// exports reads what a command printed for a shell.
func exports(text string) (env []string) {
	for line := range strings.Lines(text) {
		if variable, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			env = append(env, variable)
		}
	}
	return env
}

// TestAccess takes a secured server from its secret to a key that may only read, with the real
// clients.
func TestAccess(t *testing.T) {
	s := startSecured(t)
	admin := s.administrator()
	expect := func(what, out string, err error, fails bool, wanted string) {
		t.Helper()
		if (err != nil) != fails || !strings.Contains(out, wanted) {
			t.Errorf("%s: %v, without %q:\n%s", what, err, wanted, out)
		}
	}
	out, err := s.gantry(nil, "bootstrap", "--address", s.url, "--secret-file", s.secret)
	expect("a second bootstrap", out, err, true, "the first access key was made")
	out, err = s.aws(admin, "create-cluster", "--cluster-name", "prod")
	expect("create-cluster", out, err, false, `"clusterName": "prod"`)
	out, err = s.aws([]string{admin[0], "AWS_SECRET_ACCESS_KEY=wrong"}, "list-clusters")
	expect("a wrong secret", out, err, true, "(InvalidSignatureException)")

	out, err = s.gantry(admin, "key", "create", "--name", "ci", "--policy", "read-only", "--address", s.url, "--ca-file", s.caPEM)
	reader := exports(out)
	if err != nil || len(reader) != 2 {
		t.Fatal(out)
	}
	out, err = s.aws(reader, "list-clusters")
	expect("list-clusters of a reader", out, err, false, "cluster/prod")
	out, err = s.aws(reader, "delete-cluster", "--cluster", "prod")
	expect("delete-cluster of a reader", out, err, true,
		"User: arn:aws:iam::000000000000:user/ci is not authorized to perform: ecs:DeleteCluster on resource: arn:aws:ecs:us-east-1:000000000000:cluster/prod because no identity-based policy allows the ecs:DeleteCluster action")
	id, secret := strings.TrimPrefix(reader[0], "AWS_ACCESS_KEY_ID="), strings.TrimPrefix(reader[1], "AWS_SECRET_ACCESS_KEY=")
	out, err = s.gantry([]string{"GANTRY_TOKEN=" + id + ":" + secret, "GANTRY_CACERT=" + s.caPEM}, "members", "--address", s.url)
	expect("members by token", out, err, false, "server")
	out, err = s.gantry(nil, "members", "--address", s.url, "--ca-file", s.caPEM)
	expect("members without credentials", out, err, true, "GANTRY_TOKEN")

	s.oneCluster(admin, expect)

	out, err = s.gantry(admin, "key", "revoke", id, "--address", s.url, "--ca-file", s.caPEM)
	expect("revoke", out, err, false, "is revoked")
	out, err = s.aws(reader, "list-clusters")
	expect("a revoked key", out, err, true, "(UnrecognizedClientException)")
	audit, err := os.ReadFile(filepath.Join(s.dir, "data", "server", "audit.log"))
	expect("the audit log", string(audit), err, false, `"who":"arn:aws:iam::000000000000:user/ci","action":"ecs:DeleteCluster"`)
	if strings.Contains(string(audit), secret) {
		t.Error("a secret is in the audit log")
	}
}

// oneCluster: a key that may run tasks in only one cluster starts nothing elsewhere, and a policy
// that Gantry does not support makes no key.
func (s *secured) oneCluster(admin []string, expect func(what, out string, err error, fails bool, wanted string)) {
	key := func(policy string) (string, error) {
		path := filepath.Join(s.dir, "policy.json")
		if err := os.WriteFile(path, []byte(policy), 0o600); err != nil {
			s.t.Fatal(err)
		}
		return s.gantry(admin, "key", "create", "--name", "runner", "--policy", path, "--address", s.url, "--ca-file", s.caPEM)
	}
	out, err := key(`{"Statement":{"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}}`)
	expect("an unknown operator", out, err, true, "'IpAddress' is not an operator that Gantry supports")
	out, err = key(`{"Statement":{"Effect":"Allow","Action":"ecs:RunTask","Resource":"arn:aws:ecs:*:*:cluster/dev"}}`)
	expect("RunTask on a cluster", out, err, true, "use a Condition on ecs:cluster")
	out, err = key(`{"Statement":{"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"ArnEquals":{"ecs:cluster":"arn:aws:ecs:us-east-1:000000000000:cluster/dev"}}}}`)
	runner := exports(out)
	if err != nil || len(runner) != 2 {
		s.t.Fatal(out)
	}
	out, err = s.aws(admin, "create-cluster", "--cluster-name", "dev")
	expect("create-cluster", out, err, false, "dev")
	out, err = s.aws(admin, "register-task-definition", "--family", "f", "--container-definitions", `[{"name":"a","image":"b","memory":16}]`)
	expect("register-task-definition", out, err, false, "f:1")
	out, err = s.aws(runner, "run-task", "--cluster", "dev", "--task-definition", "f")
	expect("run-task in the cluster", out, err, true, "No Container Instances were found in your cluster.")
	for _, elsewhere := range []string{"prod", "default", "arn:aws:ecs:us-east-1:000000000000:cluster/prod"} {
		out, err = s.aws(runner, "run-task", "--cluster", elsewhere, "--task-definition", "f")
		expect("run-task in "+elsewhere, out, err, true, "(AccessDeniedException)")
	}
	out, err = s.aws(admin, "describe-tasks", "--cluster", "dev", "--tasks", "arn:aws:ecs:us-east-1:000000000000:task/prod/t")
	expect("an ARN of another cluster", out, err, true, "Identifier is for cluster prod. Your cluster is dev")
}
