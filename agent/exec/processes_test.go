package exec

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// All processes of a session end, those too that have left its terminal or cleared their variables,
// or ignore SIGHUP; others live on.
func TestEndOfProcesses(t *testing.T) {
	instance := "test" + strconv.Itoa(os.Getpid())
	start := func(session, script string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
		cmd.Env = append(os.Environ(), markerName+"="+instance+"/"+session)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go func() { _ = cmd.Wait() }() // it is killed
		return cmd
	}
	start("one", "trap '' HUP; (setsid sleep 300 &); env -i sleep 300 & sleep 300; sleep 300")
	other := start("two", "sleep 300; true")
	p := processes{"/proc"}
	await := func(of marker, n int) {
		t.Helper()
		for until := time.Now().Add(10 * time.Second); len(p.find(of)) != n; {
			if time.Now().After(until) {
				t.Fatalf("%+v has %d processes, want %d", of, len(p.find(of)), n)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	await(marked(instance, "one"), 4)
	await(marked(instance, "two"), 2)
	p.end(marked(instance, "one"))
	await(marked(instance, "one"), 0)
	await(marked(instance, "two"), 2)
	if p.in(other.Process.Pid, strings.Repeat("c", 64)) {
		t.Error("a process is taken for one in a container")
	}
	p.end(marked(instance, ""))
	await(marked(instance, ""), 0)
}
