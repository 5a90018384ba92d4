package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// serverHost returns the address of a server by its number.
func serverHost(n string) string { return "127.0.57." + n }

// startServer starts a server process that is killed at the end of the test.
func startServer(t *testing.T, dir, n string, args ...string) *exec.Cmd {
	t.Helper()
	all := append([]string{"server", "--data-dir", filepath.Join(dir, n), "--name", n, "--bind", serverHost(n), "--insecure"}, args...)
	cmd := exec.Command(gantry, all...)
	log := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("log of server %s:\n%s", n, log)
		}
	})
	return cmd
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not hold that %s", what)
		}
	}
}

// ask runs the command line against a server.
func ask(t *testing.T, n string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), gantry, append(args, "--address", "http://"+serverHost(n)+":5747")...)
	text, err := cmd.CombinedOutput()
	return string(text), err
}

func must(t *testing.T, text string, err error) string {
	t.Helper()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return text
}

// voters returns the number of peers with a vote that answer, as a server has them.
func voters(t *testing.T, n string) (count int) {
	text, err := ask(t, n, "server", "raft", "-o", "json")
	var list structs.PeerList
	if err != nil || json.Unmarshal([]byte(text), &list) != nil {
		return 0
	}
	for _, p := range list.Peers {
		if p.Voter && p.Answers {
			count++
		}
	}
	return count
}

// register makes an instance, the smallest thing that a cluster stores.
func register(t *testing.T, n, name string) {
	t.Helper()
	eventually(t, "a write is acknowledged", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		body, _ := json.Marshal(structs.ContainerInstance{ID: strings.Repeat("0", 32-len(name)) + name, Name: name})
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+serverHost(n)+":5747/v1/agent/register", bytes.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// inspectDamaged flips a bit of a saved snapshot and has it inspected.
func inspectDamaged(t *testing.T, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.snap")
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(damaged, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command(gantry, "snapshot", "inspect", damaged).CombinedOutput(); err == nil || !bytes.Contains(text, []byte("checksum is wrong")) {
		t.Errorf("a damaged snapshot: %v, %s", err, text)
	}
}

// TestServersKeepAndRecover: of three server processes a snapshot is saved and restored. Then all
// are killed, one is recovered, two new ones join it, and one leaves.
func TestServersKeepAndRecover(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "cluster.snap")
	three := []*exec.Cmd{}
	for _, n := range []string{"2", "3", "4"} {
		three = append(three, startServer(t, dir, n, "--bootstrap-expect", "3", "--join", serverHost("2")+","+serverHost("3")))
	}
	eventually(t, "three vote", func() bool { return voters(t, "2") == 3 })
	register(t, "2", "a")
	text, err := ask(t, "3", "snapshot", "save", file)
	must(t, text, err)
	register(t, "3", "b")

	text, err = ask(t, "4", "snapshot", "restore", file)
	if err == nil || !strings.Contains(text, "not empty") {
		t.Errorf("a restore without --yes: %v, %s", err, text)
	}
	text, err = ask(t, "4", "snapshot", "restore", file, "--yes")
	must(t, text, err)
	if text, err = ask(t, "2", "instance", "ls"); err != nil || strings.Contains(text, strings.Repeat("0", 31)+"b") || !strings.Contains(text, strings.Repeat("0", 31)+"a") {
		t.Errorf("after the restore there are %s (%v)", text, err)
	}
	inspectDamaged(t, file)

	recoverAs := func(args ...string) (string, error) {
		text, err := exec.Command(gantry, append([]string{"server", "recover", "--data-dir", filepath.Join(dir, "2")}, args...)...).CombinedOutput()
		return string(text), err
	}
	if text, err := recoverAs("--yes"); err == nil || !strings.Contains(text, "in use") {
		t.Errorf("a server that runs was recovered: %v, %s", err, text)
	}
	for _, cmd := range three {
		cmd.Process.Kill()
		cmd.Wait()
	}
	if text, err := recoverAs(); err == nil || !strings.Contains(text, "--yes") {
		t.Errorf("without --yes: %v, %s", err, text)
	}
	text, err = recoverAs("--yes")
	must(t, text, err)
	startServer(t, dir, "2", "--bootstrap-expect", "3", "--join", serverHost("3"))
	eventually(t, "the one votes", func() bool { return voters(t, "2") == 1 })
	startServer(t, dir, "5", "--join", serverHost("2"))
	last := startServer(t, dir, "6", "--join", serverHost("2"))
	eventually(t, "three vote", func() bool { return voters(t, "5") == 3 })
	if text, err = ask(t, "5", "instance", "ls"); err != nil || !strings.Contains(text, strings.Repeat("0", 31)+"a") {
		t.Errorf("after the recovery there are %s (%v)", text, err)
	}

	text, err = ask(t, "6", "server", "leave")
	must(t, text, err)
	if err := last.Wait(); err != nil {
		t.Errorf("the server that left ended with %v", err)
	}
	eventually(t, "two vote", func() bool { return voters(t, "2") == 2 })
}
