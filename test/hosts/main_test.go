// Package hosts runs the real servers and agents on hosts of their own, each agent with a real
// Docker Engine, and makes happen to them what happens to machines: they die, freeze, fill their
// disks, and their links break. It covers what fake time cannot show: kernels, TCP, disks. It does
// not cover clocks that jump, since the hosts of one machine share its clock. Leases and raft
// measure spans by the monotonic clock, which does not jump.
package hosts

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/testutil/hosts"
)

const (
	// patience bounds the wait for things that happen by themselves, on a machine that is busy with
	// other tests.
	patience = 90 * time.Second
	// serverDisk, in MiB, is enough for the longest test and quickly filled.
	serverDisk = 256
)

// harness is a cluster of three servers and three agents.
type harness struct {
	*hosts.Cluster
	ctx context.Context
}

// start makes the harness, or skips the test on a machine where it cannot be made.
func start(t *testing.T) *harness {
	t.Helper()
	return startCluster(t, hosts.ClusterConfig{Servers: 3, Agents: 3, Disk: serverDisk})
}

// startCluster makes a harness of another size.
func startCluster(t *testing.T, config hosts.ClusterConfig) *harness {
	t.Helper()
	if err := hosts.Missing(); err != nil {
		if os.Getenv(hosts.Require) == "1" {
			t.Fatalf("%v (%s=1)", err, hosts.Require)
		}
		t.Skipf("NO HOSTS ARE MADE, so nothing is tested on real networks and disks: %v", err)
	}
	config.Binary = filepath.Join(t.TempDir(), "gantry")
	build := exec.Command("go", "build", "-race", "-tags", "hashicorpmetrics", "-o", config.Binary, "github.com/gantry-project/gantry/cmd/gantry")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build gantry: %v\n%s", err, out)
	}
	c, err := hosts.NewCluster(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error("remove the hosts:", err)
		}
	})
	w := &harness{c, t.Context()}
	w.await(t, "the cluster is whole", func() error { return w.Whole(w.ctx) })
	return w
}

// TestHosts makes one thing after another happen to one cluster. After each, the cluster is whole
// again.
func TestHosts(t *testing.T) {
	w := start(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *harness)
	}{
		{"servers", testServers},
		{"agents", testAgents},
		{"an agent starts cut off", testStartCutOff},
		{"the engine is killed", testEngineKilled},
		{"a disk is full", testFullDisk},
		{"no room for a snapshot", testNoRoom},
		{"a disk hangs", testHungDisk},
		{"a disk is damaged", testDamage},
	} {
		began := time.Now()
		passed := t.Run(test.name, func(t *testing.T) { test.run(t, w) })
		w.mend(t)
		w.checkLogs(t)
		t.Logf("%s: %.0f s", test.name, time.Since(began).Seconds())
		if !passed {
			w.showLogs(t)
			return
		}
	}
}

// lastWords begins the last line that a process prints when it ends with an error. The process may
// still be there while its disk hangs.
const lastWords = "gantry: the "

// mend undoes all faults of the hosts and waits until the cluster is whole.
func (w *harness) mend(t *testing.T) {
	t.Helper()
	var errs []error
	for _, s := range w.Servers {
		errs = append(errs, s.Heal())
		s.Thaw()
		errs = append(errs, s.MendDisk())
		if strings.Contains(s.Said(), lastWords) {
			_ = s.Await(patience) // what it ends with is not asked here
		}
		if s.Ended() {
			errs = append(errs, s.Start())
		}
	}
	for _, a := range w.Agents {
		errs = append(errs, a.Heal())
		a.Thaw()
		if a.Ended() {
			errs = append(errs, a.Start())
		}
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	w.await(t, "the cluster is whole", func() error { return w.Whole(w.ctx) })
}

// await waits until something holds.
func (w *harness) await(t *testing.T, what string, lacks func() error) {
	t.Helper()
	w.awaitFor(t, patience, what, lacks)
}

// awaitFor is await with another patience.
func (w *harness) awaitFor(t *testing.T, patience time.Duration, what string, lacks func() error) {
	t.Helper()
	var last error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); pause(100 * time.Millisecond) {
		if last = lacks(); last == nil {
			return
		}
	}
	w.showLogs(t)
	t.Fatalf("%s: not after %v: %v", what, patience, last)
}

// pause lets real time pass.
func pause(d time.Duration) { <-time.After(d) }

// checkLogs finds what no process may ever print.
func (w *harness) checkLogs(t *testing.T) {
	t.Helper()
	for name, log := range w.logs() {
		for _, bad := range []string{"DATA RACE", "panic: ", "fatal error: "} {
			if at := strings.Index(log, bad); at >= 0 {
				t.Errorf("%s: %s", name, log[at:min(len(log), at+4000)])
			}
		}
	}
}

func (w *harness) logs() map[string]string {
	logs := map[string]string{}
	for _, s := range w.Servers {
		logs[s.Host.Name] = s.Log()
	}
	for _, a := range w.Agents {
		logs[a.Host.Name] = a.Log()
	}
	return logs
}

// showLogs prints the ends of what the processes printed.
func (w *harness) showLogs(t *testing.T) {
	for name, log := range w.logs() {
		lines := slices.Collect(strings.Lines(log))
		t.Logf("%s:\n%s", name, strings.Join(lines[max(0, len(lines)-40):], ""))
	}
}
