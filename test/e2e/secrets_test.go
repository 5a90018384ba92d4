package e2e

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil"
)

// canary is the value of the tests' secrets. Nothing may show it but the containers that have it.
const canary = "canary-4f1c9d2a7b"

// wantNoCanary reports every file below a directory that has the canary.
func wantNoCanary(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(canary)) {
			t.Errorf("%s has the secret", path)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("looked through %d files of %s: %v", files, dir, err)
	}
}

// secretive registers a definition with secrets in its container.
func (d *dev) secretive(family string, secrets ...types.Secret) string {
	d.t.Helper()
	_, err := d.ecs.RegisterTaskDefinition(d.t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String(family), ExecutionRoleArn: aws.String("arn:aws:iam::123456789012:role/exec"),
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String(testutil.AppImage), Memory: aws.Int32(16), Command: []string{"sleep"}, Secrets: secrets,
		}},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return family
}

// answersAbout returns what the APIs and the command line answer about a task, and about secrets.
func (d *dev) answersAbout(task string) (shown string) {
	for _, args := range [][]string{
		{"ecs", "describe-tasks", "--tasks", task}, {"ecs", "describe-task-definition", "--task-definition", "holder"},
		{"secretsmanager", "list-secrets"}, {"secretsmanager", "describe-secret", "--secret-id", "prod/db"},
		{"secretsmanager", "list-secret-version-ids", "--secret-id", "prod/db"}, {"ssm", "describe-parameters"},
		{"ssm", "get-parameter", "--name", "/prod/api-key"}, {"ssm", "get-parameter-history", "--name", "/prod/api-key"},
	} {
		out, err := d.awsCLI(args...)
		if err != nil {
			d.t.Error(out)
		}
		shown += out
	}
	for _, args := range [][]string{{"task", "list"}, {"secret", "ls", "-o", "json"}, {"secret", "versions", "prod/db"}, {"eval", "list"}} {
		out, _ := d.gantry(args...)
		shown += out
	}
	return shown
}

// TestSecrets: a task starts with secrets that were put by the aws CLI and by gantry, and keeps
// them over the death of its agent. Nothing else has them: no file, no log, no answer of an API, no
// other container.
func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	d := startDev(t, "--data-dir", dir)
	removeAtEnd(t, d.instance())
	if out, err := d.awsCLI("secretsmanager", "create-secret", "--name", "prod/db", "--secret-string", `{"password":"`+canary+`"}`); err != nil {
		t.Fatal(out)
	}
	put := exec.Command(gantry, "secret", "put", "/prod/api-key", "--address", d.address)
	put.Stdin = strings.NewReader(canary + "\n")
	if out, err := put.CombinedOutput(); err != nil || strings.Contains(string(out), canary) {
		t.Fatalf("%v: %s", err, out)
	}
	from := "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf"
	holder := d.run(d.secretive("holder", types.Secret{Name: aws.String("PASSWORD"), ValueFrom: aws.String(from + ":password::")},
		types.Secret{Name: aws.String("KEY"), ValueFrom: aws.String("/prod/api-key")}))
	other := d.run(d.family(app("other", "sleep")))
	id := aws.ToString(container(t, d.await(holder, "RUNNING"), "app").RuntimeId)
	bystander := aws.ToString(container(t, d.await(other, "RUNNING"), "other").RuntimeId)
	has := docker(t, "inspect", "--format", "{{json .Config.Env}}", id)
	if !strings.Contains(has, `"PASSWORD=`+canary+`"`) || !strings.Contains(has, `"KEY=`+canary+`"`) {
		t.Errorf("the container has %s", has)
	}

	missing := d.run(d.secretive("missing", types.Secret{Name: aws.String("X"), ValueFrom: aws.String("/none")}))
	if why := aws.ToString(d.await(missing, "STOPPED").StoppedReason); !strings.HasPrefix(why, "ResourceInitializationError: ") || !strings.Contains(why, "/none") {
		t.Errorf("a missing parameter: %s", why)
	}
	if strings.Contains(d.answersAbout(holder)+docker(t, "inspect", bystander), canary) {
		t.Error("an answer, or the inspection of another task's container, has the secret")
	}

	// what runs keeps its secrets, whatever becomes of the store and the agent
	if out, err := d.gantry("secret", "rm", "prod/db"); err != nil {
		t.Fatal(out)
	}
	d.kill()
	wantNoCanary(t, dir)
	log := d.log.String() + d.stdout.String()
	d = startDev(t, "--data-dir", dir)
	time.Sleep(time.Second) // long enough to end it
	if after := container(t, d.await(holder, "RUNNING"), "app"); aws.ToString(after.RuntimeId) != id {
		t.Errorf("the task runs in container %s, was in %s", aws.ToString(after.RuntimeId), id)
	}
	if out, err := d.gantry("secret", "get", "/prod/api-key"); err != nil || out != canary {
		t.Errorf("after the restart: %v %q", err, out)
	}
	if log += d.log.String(); strings.Contains(log, canary) {
		t.Error("a log has the secret")
	}
}

// TestSecretsOfASecuredServer: the data directory with its audit log and a saved snapshot have no
// value, before a rotation of the key and after. Restored under another cluster secret, the
// snapshot yields none.
func TestSecretsOfASecuredServer(t *testing.T) {
	s := startSecured(t)
	gantry := func(s *secured, stdin string, args ...string) (string, error) {
		cmd := exec.Command(gantry, append(args, "--address", s.url, "--secret-file", s.secret)...)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	ready := func(s *secured) {
		eventually(t, "a leader", func() bool { _, err := gantry(s, "", "key", "list"); return err == nil })
	}
	ready(s)
	for _, address := range []string{"/prod/key", "arn:aws:secretsmanager:us-east-1:1:secret:prod/db"} {
		if out, err := gantry(s, canary, "secret", "put", address); err != nil {
			t.Fatal(out)
		}
	}
	if out, err := gantry(s, "", "secret", "rotate-key"); err != nil || !strings.Contains(out, "2 values are sealed with key 2") {
		t.Errorf("%v: %s", err, out)
	}
	file := filepath.Join(s.dir, "data", "saved")
	if out, err := gantry(s, "", "snapshot", "save", file); err != nil {
		t.Fatal(out)
	}
	for _, address := range []string{"/prod/key", "prod/db"} {
		if out, err := gantry(s, "", "secret", "get", address); err != nil || out != canary {
			t.Errorf("%s: %v %q", address, err, out)
		}
	}
	wantNoCanary(t, s.dir)
	audit, err := os.ReadFile(filepath.Join(s.dir, "data", "server", "audit.log"))
	for _, action := range []string{"ssm:PutParameter", "secretsmanager:CreateSecret", "gantry:RotateSecretKey"} {
		if err != nil || !strings.Contains(string(audit), `"action":"`+action+`"`) {
			t.Errorf("the audit log has no %s: %v\n%s", action, err, audit)
		}
	}

	thief := startSecured(t)
	ready(thief)
	if out, err := gantry(thief, "", "snapshot", "restore", file, "--yes"); err != nil {
		t.Fatal(out)
	}
	ready(thief)
	for _, address := range []string{"/prod/key", "prod/db"} {
		if out, err := gantry(thief, "", "secret", "get", address); err == nil || !strings.Contains(out, "another cluster secret") {
			t.Errorf("%s under another secret: %v %s", address, err, out)
		}
	}
}
