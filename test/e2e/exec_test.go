package e2e

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// buildPlugin builds AWS's session-manager-plugin from its source, as it is, and returns the folder
// that it is in.
func buildPlugin(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "session-manager-plugin"),
		"github.com/aws/session-manager-plugin/src/sessionmanagerplugin-main")
	build.Dir = "testdata/plugin"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the session-manager-plugin: %v\n%s", err, out)
	}
	return dir
}

// execTask runs a task of the test image in whose container commands can be run, and returns its
// ARN.
func (d *dev) execTask() string {
	d.t.Helper()
	server := app("app", "serve")
	out, err := d.ecs.RunTask(d.t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String(d.family(server)), EnableExecuteCommand: true})
	if err != nil || len(out.Tasks) != 1 {
		d.t.Fatalf("%+v, %v", out, err)
	}
	arn := aws.ToString(out.Tasks[0].TaskArn)
	d.await(arn, "RUNNING")
	return arn
}

// keyboard is what a test types into a terminal, and the screen that it looks at.
type keyboard struct {
	d      *dev
	stdin  io.Writer
	screen *logBuffer
}

// after waits for a text on the screen, and types.
func (k *keyboard) after(text, keys string) {
	k.d.t.Helper()
	for until := time.Now().Add(patience); !strings.Contains(k.screen.String(), text); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			k.d.t.Fatalf("there is no %q on the screen:\n%s", text, k.screen.tail(50))
		}
	}
	if _, err := io.WriteString(k.stdin, keys); err != nil {
		k.d.t.Fatal(err)
	}
}

// plugin runs the aws CLI with the plugin in a terminal of 110x50, and returns what it shows.
func (d *dev) plugin(dir string, use func(*keyboard), args ...string) string {
	d.t.Helper()
	bin := os.Getenv("AWS")
	if bin == "" {
		bin = "aws"
	}
	line := "stty cols 110 rows 50; exec " + bin + " --endpoint-url " + d.address + " '" + strings.Join(args, "' '") + "'"
	cmd := exec.CommandContext(d.t.Context(), "script", "-qec", line, "/dev/null")
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_DEFAULT_REGION=us-east-1", "SHELL=/bin/sh",
		"AWS_PAGER=", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true", "PATH="+dir+":"+os.Getenv("PATH"))
	stdin, err := cmd.StdinPipe() // open until the end: the plugin leaves at the end of its input
	if err != nil {
		d.t.Fatal(err)
	}
	screen := &logBuffer{}
	cmd.Stdout, cmd.Stderr = screen, screen
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	timer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	if use != nil {
		use(&keyboard{d, stdin, screen})
	}
	if err := cmd.Wait(); err != nil {
		d.t.Errorf("aws %s: %v\n%s", strings.Join(args, " "), err, screen.tail(50))
	}
	return screen.String()
}

// The plugin of AWS, as it is, runs a command in a terminal of the user's size, passes on Ctrl-C,
// and says how the command ended, or why it cannot be run.
func TestExecuteCommand(t *testing.T) {
	dir, d := buildPlugin(t), startDev(t)
	arn := d.execTask()
	run := func(use func(*keyboard), command string) string {
		t.Helper()
		return d.plugin(dir, use, "ecs", "execute-command", "--task", arn, "--interactive", "--command", command)
	}
	if screen := run(func(k *keyboard) { k.after("size 110x50", "\x03") }, "/app size"); !strings.Contains(screen, "The command exited with code 7.") {
		t.Errorf("after Ctrl-C:\n%s", screen)
	}
	if screen := run(nil, `/app print "two words" three`); !strings.Contains(strings.ReplaceAll(screen, "\r", ""), "\ntwo words\nthree\n") || !strings.Contains(screen, "The command exited with code 0.") {
		t.Errorf("words:\n%s", screen)
	}
	if screen := run(nil, "/no/such/program"); !strings.Contains(screen, "no such file or directory") {
		t.Errorf("no program:\n%s", screen)
	}
	const count = 150_000
	screen := run(nil, fmt.Sprint("/app count ", count))
	lines := 0
	for line := range strings.Lines(screen) {
		if strings.TrimRight(line, "\r\n") == fmt.Sprint(lines+1) {
			lines++
		}
	}
	if lines != count {
		t.Errorf("%d lines came, in order, of %d", lines, count)
	}
}

// The plugin forwards a port of its machine to one of the container, for several connections.
func TestForwardedPort(t *testing.T) {
	dir, d := buildPlugin(t), startDev(t)
	arn := d.execTask()
	task := d.describe(arn)
	port := freePort(t)
	target := "ecs:default_" + arn[strings.LastIndex(arn, "/")+1:] + "_" + aws.ToString(task.Containers[0].RuntimeId)
	d.plugin(dir, func(k *keyboard) {
		k.after("Waiting for connections...", "")
		for range 3 {
			if page := get(t, port, "/"); !strings.HasPrefix(page, "Hello") {
				t.Errorf("page: %q", page)
			}
		}
		k.after("Connection accepted", "\x03")
	}, "ssm", "start-session", "--target", target, "--document-name", "AWS-StartPortForwardingSession",
		"--parameters", fmt.Sprintf(`{"portNumber":["80"],"localPortNumber":["%d"]}`, port))
}

// Gantry's own command returns the exit code, keeps stderr apart, and passes on input and signals.
func TestTaskExec(t *testing.T) {
	d := startDev(t)
	arn := d.execTask()
	run := func(stdin string, args ...string) (stdout, stderr string, code int) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), gantry, append([]string{"task", "exec", "--address", d.address}, args...)...)
		var out, errs bytes.Buffer
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
		err := cmd.Run()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			code = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		return out.String(), errs.String(), code
	}
	if out, errs, code := run("", arn, "--", "/app", "print", "a", "b"); out != "a\nb\n" || errs != "" || code != 0 {
		t.Errorf("print: %q, %q, %d", out, errs, code)
	}
	if out, errs, code := run("", arn, "--", "/app", "nonsense"); out != "" || !strings.Contains(errs, "unknown verb") || code != 1 {
		t.Errorf("stderr: %q, %q, %d", out, errs, code)
	}
	if _, errs, code := run("", arn, "-c", "app", "--", "/app", "exit", "42"); code != 42 || errs != "" {
		t.Errorf("exit code: %q, %d", errs, code)
	}
	if out, errs, code := run("input", arn, "-i", "--", "/app", "stdin"); code != 11 {
		t.Errorf("input: %q, %q, %d", out, errs, code)
	}
	if _, errs, code := run("", arn, "-c", "other", "--", "/app"); code != 1 || !strings.Contains(errs, "has no container named other; it has app") {
		t.Errorf("another container: %q, %d", errs, code)
	}
	var want bytes.Buffer
	for n := range 150_000 {
		fmt.Fprintln(&want, n+1)
	}
	if out, _, code := run("", arn, "--", "/app", "count", "150000"); code != 0 || md5.Sum([]byte(out)) != md5.Sum(want.Bytes()) {
		t.Errorf("lines: %d bytes, %d", len(out), code)
	}
	d.stopTask(arn)
	if _, errs, code := run("", arn, "--", "/app"); code != 1 || !strings.Contains(errs, "has stopped") {
		t.Errorf("a stopped task: %q, %d", errs, code)
	}
}
