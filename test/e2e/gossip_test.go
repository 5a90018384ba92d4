package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// rotating is a secured cluster whose servers are configured by files and whose agent by its
// environment.
type rotating struct {
	t            *testing.T
	dir          string
	secret       string // file
	agentKey     string // file
	dockerSocket string
}

func (r *rotating) host(n string) string { return "127.1.57." + n }

// start starts a process that is killed at the end of the test.
func (r *rotating) start(env []string, args ...string) *exec.Cmd {
	r.t.Helper()
	cmd := exec.Command(gantry, args...)
	log := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), env...)
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if r.t.Failed() {
			r.t.Logf("log of gantry %s:\n%s", strings.Join(args, " "), log)
		}
	})
	return cmd
}

func (r *rotating) server(n string) *exec.Cmd {
	file := filepath.Join(r.dir, n+".hcl")
	text := fmt.Sprintf(`
name        = "server-%s"
data_dir    = "%s"
bind        = "%s"
join        = ["%s", "%s"]
secret_file = "%s"
`, n, filepath.Join(r.dir, n), r.host(n), r.host("1"), r.host("2"), r.secret)
	if n <= "3" {
		text += "bootstrap_expect = 3\n"
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return r.start(nil, "server", "--config", file)
}

func (r *rotating) agent(zone string) *exec.Cmd {
	return r.start([]string{
		"GANTRY_NAME=agent", "GANTRY_DATA_DIR=" + filepath.Join(r.dir, "agent"), "GANTRY_BIND=" + r.host("11"), "GANTRY_ZONE=" + zone,
		"GANTRY_JOIN=" + r.host("1") + "," + r.host("2"), "GANTRY_SECRET_FILE=" + r.agentKey, "DOCKER_HOST=" + r.dockerSocket,
	}, "agent")
}

// ask runs the command line against a server, with the cluster's secret.
func (r *rotating) ask(n string, args ...string) (string, error) {
	cmd := exec.CommandContext(r.t.Context(), gantry, args...)
	cmd.Env = append(os.Environ(), "GANTRY_ADDR=https://"+r.host(n)+":5747", "GANTRY_SECRET_FILE="+r.secret)
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// sees reports whether a server has a member in a state by gossip.
func (r *rotating) sees(n, name string, like func(structs.Member) bool) bool {
	text, err := r.ask(n, "members", "-o", "json")
	var list structs.MemberList
	return err == nil && json.Unmarshal([]byte(text), &list) == nil &&
		slices.ContainsFunc(list.Members, func(m structs.Member) bool { return m.Name == name && like(m) })
}

func alive(m structs.Member) bool { return m.Status == structs.MemberAlive }

// keys returns the keys that a server has on disk.
func (r *rotating) keys(n string) (keys []string) {
	raw, _ := os.ReadFile(filepath.Join(r.dir, n, "server", "gossip.keys"))
	_ = json.Unmarshal(raw, &keys)
	return keys
}

// newRotating makes the cluster's secret and the agents' part of it.
func newRotating(t *testing.T) *rotating {
	t.Helper()
	r := &rotating{t: t, dir: t.TempDir(), dockerSocket: testutil.DockerHost(t)}
	r.secret, r.agentKey = filepath.Join(r.dir, "cluster.key"), filepath.Join(r.dir, "agent.key")
	for _, file := range [][]string{{r.secret, "keygen"}, {r.agentKey, "keygen", "--agent-from", r.secret}} {
		key, err := exec.Command(gantry, file[1:]...).Output()
		if err != nil || os.WriteFile(file[0], key, 0o600) != nil {
			t.Fatal(err)
		}
	}
	return r
}

// TestGossipRotate rotates the gossip key while a server is down. The server comes back, a new one
// joins, and an agent that starts again is heard.
func TestGossipRotate(t *testing.T) {
	r := newRotating(t)
	r.server("1")
	r.server("2")
	third := r.server("3")
	agent := r.agent("a")
	for _, n := range []string{"1", "2", "3"} {
		eventually(t, "every server hears the agent", func() bool { return r.sees(n, "agent", alive) })
		eventually(t, "every server hears the third", func() bool { return r.sees(n, "server-3", alive) })
	}
	r.readerMayNot()
	var out string
	var err error
	eventually(t, "the key is rotated", func() bool { out, err = r.ask("2", "gossip", "rotate"); return err == nil })
	if !strings.Contains(out, "4 members") {
		t.Error(out)
	}
	third.Process.Kill()
	for _, n := range []string{"1", "2"} {
		eventually(t, "the third is known to have failed", func() bool {
			return r.sees(n, "server-3", func(m structs.Member) bool { return m.Status == structs.MemberFailed })
		})
	}
	before := r.keys("1")
	eventually(t, "a leader stands", func() bool { out, err = r.ask("2", "gossip", "rotate"); return err == nil })
	if !strings.Contains(out, "3 members") || !strings.Contains(out, "server-3") {
		t.Error(out)
	}
	after := r.keys("1")
	if len(after) != 1 || slices.Equal(before, after) || !slices.Equal(after, r.keys("2")) || !slices.Equal(before, r.keys("3")) {
		t.Errorf("the keys on disk: %v before, then %v, %v, and %v of the one that was down", before, after, r.keys("2"), r.keys("3"))
	}
	third.Wait()
	r.server("3")
	r.server("4") // has nothing but the cluster's secret
	agent.Process.Kill()
	agent.Wait()
	r.agent("b")
	for _, n := range []string{"1", "2", "3", "4"} {
		for _, name := range []string{"server-3", "server-4"} {
			eventually(t, "server "+n+" hears "+name, func() bool { return r.sees(n, name, alive) })
		}
		eventually(t, "server "+n+" hears the agent that started anew", func() bool {
			return r.sees(n, "agent", func(m structs.Member) bool { return alive(m) && m.Zone == "b" })
		})
		if got := r.keys(n); !slices.Equal(got, after) {
			t.Errorf("server %s keeps %v, not %v", n, got, after)
		}
	}
	r.isAudited("1", "2", "3")
}

// readerMayNot tries to rotate with a key that may only read.
func (r *rotating) readerMayNot() {
	r.t.Helper()
	var reader []string
	eventually(r.t, "there is a key that may read", func() bool {
		out, _ := r.ask("1", "key", "create", "--name", "reader", "--policy", "read-only")
		reader = exports(out)
		return len(reader) == 2
	})
	ca := filepath.Join(r.dir, "ca.pem")
	pem, err := r.ask("1", "ca")
	if err = errors.Join(err, os.WriteFile(ca, []byte(pem), 0o600)); err != nil {
		r.t.Fatal(err)
	}
	eventually(r.t, "a reader may not rotate", func() bool {
		cmd := exec.Command(gantry, "gossip", "rotate", "--address", "https://"+r.host("1")+":5747", "--ca-file", ca)
		cmd.Env = append(os.Environ(), reader...)
		text, err := cmd.CombinedOutput()
		if err == nil {
			r.t.Fatalf("a reader rotates: %s", text)
		}
		// The refusal is about the policy, not about a leader that is not there yet.
		return strings.Contains(string(text), "gantry:RotateGossipKey")
	})
}

// isAudited checks that the audit logs of these servers have both outcomes of a rotation.
func (r *rotating) isAudited(servers ...string) {
	r.t.Helper()
	var audits []byte
	for _, n := range servers {
		text, _ := os.ReadFile(filepath.Join(r.dir, n, "server", "audit.log"))
		audits = append(audits, text...)
	}
	for _, want := range []string{`"action":"gantry:RotateGossipKey","resources":["*"],"result":"ok"`, `"action":"gantry:RotateGossipKey","resources":["*"],"result":"AccessDenied"`} {
		if !bytes.Contains(audits, []byte(want)) {
			r.t.Errorf("the audit logs lack %s:\n%s", want, audits)
		}
	}
}
