// Package e2e runs the real gantry binary on a real Docker Engine with the real aws CLI and SDK, as
// a user would.
package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// gantry is the binary under test, built once.
var gantry string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "gantry-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	gantry = filepath.Join(dir, "gantry")
	build := exec.Command("go", "build", "-race", "-tags", "hashicorpmetrics", "-o", gantry, "github.com/gantry-project/gantry/cmd/gantry")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build gantry:", err)
		return 1
	}
	return m.Run()
}
