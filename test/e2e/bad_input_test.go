package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil"
)

// TestRefusesToStart: gantry says in helpful words why it cannot start, with exit code 1.
func TestRefusesToStart(t *testing.T) {
	testutil.DockerHost(t)
	running := startDev(t, "--data-dir", t.TempDir())
	address := strings.TrimPrefix(running.address, "http://")
	locked := t.TempDir()
	startDev(t, "--data-dir", locked)
	damaged := t.TempDir()
	if err := os.MkdirAll(filepath.Join(damaged, "server"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(damaged, "server", "raft.db"), bytes.Repeat([]byte("not a log "), 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		args []string
		env  string
		says []string
	}{
		"no engine":      {env: "DOCKER_HOST=unix:///nonexistent/docker.sock", says: []string{"Docker Engine", "dockerd"}},
		"port taken":     {args: []string{"--http-addr", address}, says: []string{address, "--http-addr"}},
		"locked":         {args: []string{"--data-dir", locked}, says: []string{locked, "in use"}},
		"damaged":        {args: []string{"--data-dir", damaged}, says: []string{"damaged", damaged}},
		"not loopback":   {args: []string{"--http-addr", "0.0.0.0:0"}, says: []string{"loopback"}},
		"no address":     {args: []string{"--http-addr", "5747"}, says: []string{"--http-addr", "HOST:PORT"}},
		"bad log level":  {args: []string{"--log-level", "loud"}, says: []string{"--log-level", "loud"}},
		"unknown option": {args: []string{"--no-such"}, says: []string{"no-such"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			args := test.args
			if name != "port taken" && name != "not loopback" && name != "no address" {
				args = append([]string{"--http-addr", "127.0.0.1:0"}, args...)
			}
			cmd := exec.CommandContext(t.Context(), gantry, append([]string{"dev"}, args...)...)
			cmd.Env = append(os.Environ(), test.env)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Fatalf("ended with %v, want exit code 1:\n%s", err, out)
			}
			for _, want := range test.says {
				if !strings.Contains(string(out), want) {
					t.Errorf("says nothing of %q:\n%s", want, out)
				}
			}
			if strings.Contains(string(out), "goroutine ") {
				t.Errorf("shows a stack:\n%s", out)
			}
		})
	}
}

// TestBadCommands: a command line that is not accepted gets an error with the remedy; and a cluster
// of one process shows the one.
func TestBadCommands(t *testing.T) {
	d := startDev(t)
	for command, says := range map[string]string{
		"task stop x": `unknown command "stop" for "gantry task"; the nearest: exec, logs, ls`,
		"eval ls x":   `takes no arguments: "x" is one`,
	} {
		if out, status := d.cli(strings.Fields(command)...); status != 1 || !strings.Contains(out, says) || strings.Contains(out, "Usage") {
			t.Errorf("gantry %s ends with %d: %s", command, status, out)
		}
	}
	for _, command := range []string{"members", "server raft"} {
		if out, status := d.cli(strings.Fields(command)...); status != 0 || strings.Count(out, "\n") != 2 || !strings.Contains(out, "dev") {
			t.Errorf("gantry %s ends with %d: %s", command, status, out)
		}
	}
}

// TestBadRequests: each request is refused by name, and the server goes on.
func TestBadRequests(t *testing.T) {
	d := startDev(t)
	tests := map[string]struct {
		target, body string
		status       int
		code, says   string
	}{
		"malformed JSON":         {"ListClusters", `{"maxResults":`, 400, "SerializationException", ""},
		"wrong type":             {"RunTask", `{"taskDefinition": 7}`, 400, "SerializationException", "taskDefinition"},
		"unknown operation":      {"NoSuchThing", `{}`, 400, "UnknownOperationException", "NoSuchThing"},
		"operation not built":    {"ListDaemons", `{}`, 400, "UnsupportedFeatureException", "ListDaemons"},
		"required member absent": {"RunTask", `{}`, 400, "InvalidParameterException", "taskDefinition"},
		"out of enum":            {"RunTask", `{"taskDefinition":"x","launchType":"MOON"}`, 400, "InvalidParameterException", "launch type should be one of"},
		"out of range":           {"RunTask", `{"taskDefinition":"x","count":11}`, 400, "InvalidParameterException", "count"},
		"unknown cluster":        {"RunTask", `{"taskDefinition":"x","cluster":"nowhere"}`, 400, "ClusterNotFoundException", "Cluster not found."},
		"17 MB":                  {"ListClusters", `{"nextToken":"` + strings.Repeat("x", 17<<20) + `"}`, 413, "RequestEntityTooLargeException", "16"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			status, answer := d.post(t, test.target, test.body)
			var body struct {
				Type    string `json:"__type"`
				Message string
			}
			if err := json.Unmarshal(answer, &body); err != nil {
				t.Fatalf("answers %d %q: %v", status, answer, err)
			}
			if status != test.status || body.Type != test.code || !strings.Contains(body.Message, test.says) || body.Message == "" {
				t.Errorf("answers %d %s %q, want %d %s that says %q", status, body.Type, body.Message, test.status, test.code, test.says)
			}
		})
	}
	status, answer := d.post(t, "ListClusters", `{"noSuchMember": {"deep": [1]}}`)
	if status != http.StatusBadRequest || !strings.Contains(string(answer), "unknown member noSuchMember") {
		t.Errorf("an unknown member is not refused by name: %d %s", status, answer)
	}
	d.await(d.run(d.family(app("main", "exit", "0"))), "STOPPED")
}

func (d *dev) post(t *testing.T, operation, body string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.address+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113."+operation)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, answer
}

// TestNoRoom: tasks that do not fit are reported in failures[], with ECS's reasons.
func TestNoRoom(t *testing.T) {
	d := startDev(t)
	for reason, c := range map[string]types.ContainerDefinition{
		"RESOURCE:MEMORY": {Name: aws.String("main"), Memory: aws.Int32(1 << 30)},
		"RESOURCE:CPU":    {Name: aws.String("main"), Cpu: 1 << 30},
		"RESOURCE:PORTS":  {Name: aws.String("main"), PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(80), HostPort: aws.Int32(22)}}},
	} {
		t.Run(reason, func(t *testing.T) {
			sub := *d
			sub.t = t
			out, err := d.ecs.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String(sub.family(c)), Count: aws.Int32(2)})
			if err != nil {
				t.Fatal(err)
			}
			if len(out.Tasks) != 0 || len(out.Failures) != 1 || aws.ToString(out.Failures[0].Reason) != reason ||
				!strings.HasSuffix(aws.ToString(out.Failures[0].Arn), d.instance()) {
				t.Errorf("answers %+v", out)
			}
		})
	}
}
