package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/testutil"
)

// startAgent starts an agent of the secured server, with the agents' part of the secret.
func (s *secured) startAgent() {
	s.t.Helper()
	key := filepath.Join(s.dir, "agent.key")
	if out, err := s.gantry(nil, "keygen", "--agent-from", s.secret); err != nil || os.WriteFile(key, []byte(out), 0o600) != nil {
		s.t.Fatal(out)
	}
	var log bytes.Buffer
	cmd := exec.Command(gantry, "agent", "--data-dir", filepath.Join(s.dir, "agent"), "--bind", "127.0.0.1", "--gossip-port", fmt.Sprint(freePort(s.t)),
		"--http-port", s.url[strings.LastIndex(s.url, ":")+1:], "--join", s.join, "--secret-file", key)
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+testutil.DockerHost(s.t))
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil || s.t.Failed() {
			s.t.Errorf("gantry agent: %v\n%s", err, strings.ReplaceAll(log.String(), canary, "CANARY"))
		}
		if strings.Contains(log.String(), canary) {
			s.t.Error("the agent's log has the secret")
		}
	})
}

// securedTask is a definition with a secret, and with the keys of a role.
const securedTask = `{"family": "FAMILY", "executionRoleArn": "arn:aws:iam::000000000000:role/FAMILY-exec", "taskRoleArn": "arn:aws:iam::000000000000:role/app",
	"containerDefinitions": [{"name": "app", "image": "IMAGE", "memory": 64, "portMappings": [{"containerPort": 80}],
		"secrets": [{"name": "KEY", "valueFrom": "/prod/key"}]}]}`

// TestSecuredTask: on a secured cluster a task has the secrets that its execution role may read,
// and calls the API with what its task role may. Without the permissions it is refused, by name.
func TestSecuredTask(t *testing.T) {
	s := &roleTest{secured: startSecured(t)}
	s.admin = s.administrator()
	s.startAgent()
	ask := func(stdin string, args ...string) {
		t.Helper()
		cmd := exec.Command(gantry, append(args, "--address", s.url, "--secret-file", s.secret)...)
		cmd.Stdin = strings.NewReader(stdin)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("gantry %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
	policy := func(name, statement string) string {
		return strings.TrimPrefix(s.file(name, `{"Statement": [{"Effect": "Allow", "Resource": "*", "Action": `+statement+`}]}`), "file://")
	}
	ask("", "role", "create", "app", "--policy", policy("app.json", `"ecs:ListTasks"`))
	ask("", "role", "create", "web-exec", "--policy", policy("exec.json", `"ssm:GetParameters"`))
	ask("", "role", "create", "poor-exec", "--policy", policy("poor.json", `"logs:CreateLogStream"`))
	ask(canary, "secret", "put", "/prod/key")
	eventually(t, "the instance is registered", func() bool {
		out, _ := s.aws(s.admin, "list-container-instances")
		return strings.Contains(out, "container-instance/")
	})

	poor := s.runSecured("poor")
	eventually(t, "the task without the permission stops", func() bool { return poor().LastStatus == "STOPPED" })
	if why := poor().StoppedReason; !strings.HasPrefix(why, "ResourceInitializationError: ") || !strings.Contains(why, "ssm:GetParameters") {
		t.Errorf("it stopped with %q", why)
	}
	web := s.runSecured("web")
	eventually(t, "the task runs", func() bool { return web().LastStatus == "RUNNING" })
	of := web().Containers[0]
	if env := docker(t, "inspect", "--format", "{{json .Config.Env}}", of.RuntimeID); !strings.Contains(env, `"KEY=`+canary+`"`) {
		t.Error("the container has no secret")
	}
	caller := func() string {
		response, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/caller", of.NetworkBindings[0].HostPort))
		if err != nil {
			return err.Error()
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return string(text)
	}
	var said string
	eventually(t, "the container lists tasks by its role", func() bool {
		said = caller()
		return strings.Contains(said, "role/app/") && strings.Contains(said, "lists 1 tasks")
	})
	ask("", "role", "put", "app", "--policy", policy("none.json", `"ecs:ListClusters"`))
	if said = caller(); !strings.Contains(said, "is not authorized to perform: ecs:ListTasks") {
		t.Errorf("without the permission: %s", said)
	}
	wantNoCanary(t, s.dir)
}

// shownTask is what describe-tasks says of a task.
type shownTask struct {
	LastStatus, StoppedReason string
	Containers                []struct {
		RuntimeID       string
		NetworkBindings []struct{ HostPort int }
	}
}

// runSecured runs a task of a family, and returns what describes it.
func (s *roleTest) runSecured(family string) func() shownTask {
	s.t.Helper()
	file := s.file(family+".json", strings.NewReplacer("FAMILY", family, "IMAGE", testutil.AppImage).Replace(securedTask))
	s.run(s.admin, "", "ecs", "register-task-definition", "--cli-input-json", file)
	var ran struct{ Tasks []struct{ TaskArn string } }
	if out := s.run(s.admin, "", "ecs", "run-task", "--task-definition", family); json.Unmarshal([]byte(out), &ran) != nil || len(ran.Tasks) != 1 {
		s.t.Fatal(out)
	}
	s.t.Cleanup(func() { s.run(s.admin, "", "ecs", "stop-task", "--task", ran.Tasks[0].TaskArn) })
	return func() shownTask {
		var got struct{ Tasks []shownTask }
		if out := s.run(s.admin, "", "ecs", "describe-tasks", "--tasks", ran.Tasks[0].TaskArn); json.Unmarshal([]byte(out), &got) != nil || len(got.Tasks) != 1 {
			s.t.Fatal(out)
		}
		return got.Tasks[0]
	}
}
