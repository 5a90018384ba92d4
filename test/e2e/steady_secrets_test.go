package e2e

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// putKept puts the parameter that the task of TestKilledWithEverything reads.
func (d *dev) putKept() {
	d.t.Helper()
	put := exec.Command(gantry, "secret", "put", "/kept", "--address", d.address)
	put.Stdin = strings.NewReader(canary)
	if out, err := put.CombinedOutput(); err != nil {
		d.t.Fatalf("%v: %s", err, out)
	}
}

// hasSecretAndRole checks that a container has its secret, and finds keys of its role.
func (k *killed) hasSecretAndRole(id string) {
	k.Helper()
	env := docker(k.T, "inspect", "--format", "{{range .Config.Env}}{{println .}}{{end}}", id)
	if !slices.Contains(lines(env), "KEY="+canary) {
		k.Errorf("the container has no secret:\n%s", strings.ReplaceAll(env, canary, "…"))
	}
	for _, line := range lines(env) {
		if uri, ok := strings.CutPrefix(line, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="); ok {
			docker(k.T, "exec", id, "/app", "fetch", "http://169.254.170.2"+uri)
			return
		}
	}
	k.Errorf("the container is not told where its keys are:\n%s", env)
}

// hasWholeLog checks that the log of a stopped task has each line that its container wrote once and
// in order, whatever was killed meanwhile.
func (k *killed) hasWholeLog(task string) {
	k.Helper()
	var out string
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if out, err = k.d.gantry("task", "logs", task, "side"); err == nil && out != "" {
			break
		}
	}
	got := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	for n, line := range got {
		if want := fmt.Sprintf("%010d ", n); !strings.HasPrefix(line, want) {
			k.Errorf("line %d of %d of the log begins with %.20q, want %q", n, len(got), line, want)
			return
		}
	}
	if err != nil || len(got) < 50 {
		k.Errorf("the log has %d lines: %v", len(got), err)
	}
	k.Logf("%d lines in the log", len(got))
}
