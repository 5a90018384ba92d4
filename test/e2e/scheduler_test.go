package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/testutil"
)

// TestOutsideScheduler: a job file names the scheduler of examples/, and its tasks run once that
// scheduler places them; a plan before that tells whether there is room.
func TestOutsideScheduler(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("SKIPPED: there is no python3 to run examples/scheduler.py with")
	}
	d := startDev(t)
	file := filepath.Join(t.TempDir(), "web.yaml")
	text := "name: web\nscheduler: python\ncount: 2\ncontainers:\n  - name: app\n    image: " + testutil.AppImage + "\n    memory: 16\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, status := d.cli("plan", "--job", file); status != 0 || !strings.Contains(out, "Running job web: 2 tasks start.") || !strings.Contains(out, "scheduler python was not asked") {
		t.Errorf("gantry plan exits with %d: %s", status, out)
	}
	if out, status := d.cli("plan", "--job", file, "--drain", d.instance()); status != 2 || !strings.Contains(out, "2 tasks find no room") {
		t.Errorf("gantry plan without the only instance exits with %d: %s", status, out)
	}
	example := exec.CommandContext(t.Context(), python, "../../examples/scheduler.py", "--address", d.address)
	said := &bytes.Buffer{}
	example.Stdout, example.Stderr, example.WaitDelay = said, said, time.Second
	if err := example.Start(); err != nil {
		t.Fatal(err)
	}
	if out, status := d.cli("job", "run", file, "--wait"); status != 0 {
		t.Errorf("gantry job run exits with %d: %s", status, out)
	}
	_ = example.Process.Kill()
	_ = example.Wait() // killed
	if !strings.Contains(said.String(), "web: asked for 2, placed 2") {
		t.Errorf("the scheduler says %q", said)
	}
	// Nobody places anything now, and nobody needs to.
	if out, status := d.cli("job", "stop", "web"); status != 0 {
		t.Errorf("gantry job stop exits with %d: %s", status, out)
	}
}

// cli runs a gantry command whose exit status matters.
func (d *dev) cli(args ...string) (out string, status int) {
	d.t.Helper()
	out, err := d.gantry(args...)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return out, exit.ExitCode()
	} else if err != nil {
		d.t.Fatal(err)
	}
	return out, 0
}
