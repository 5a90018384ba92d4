package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/nftables"

	"github.com/gantry-project/gantry/testutil"
)

// things are what an instance has on its machine.
type things struct {
	tasks []string // of tasks
	own   []string // of the agent: spare pauses, the router and what leads to it
}

// ofTasks returns those of tasks.
func (l things) ofTasks() []string { return l.tasks }

func (l things) all() []string { return append(l.tasks, l.own...) }

// thingsOf lists what an instance has, wherever an agent makes something: in the engine, the
// network, the cgroups, and the mounts.
func thingsOf(t *testing.T, instance string) (l things) {
	t.Helper()
	for _, c := range strings.Split(docker(t, "ps", "-a", "--filter", "label=gantry.instance="+instance, "--format", "{{.Names}} {{.Status}}"), "\n") {
		l.add(c, "container", strings.HasPrefix(c, "gantry-spare-"))
	}
	for _, v := range volumesOf(t, instance) {
		l.add(v, "volume", false)
	}
	for _, dir := range cgroupsOf(t, instance) {
		l.add(dir, "cgroup", false)
	}
	sum := sha256.Sum256([]byte(instance))
	tag := hex.EncodeToString(sum[:4])
	router := "gantry-" + tag
	for _, path := range []string{"/run/netns/" + router, "/run/gantry/networks/" + tag + ".json", "/run/gantry/endpoints/" + tag + ".json"} {
		if _, err := os.Lstat(path); err == nil {
			l.add(path, "file", true)
		}
	}
	for what, command := range map[string]string{
		"link": "ip -o link", "route": "ip route show table all", "rule": "iptables-save",
	} {
		for line := range strings.Lines(output(t, command)) {
			if strings.Contains(line, tag) {
				l.add(line, what, true)
			}
		}
	}
	for _, table := range tables(t) {
		if strings.Contains(table, tag) {
			l.add(table, "table of rules", true)
		}
	}
	if _, err := os.Lstat("/run/netns/" + router); err == nil {
		l.addRouter(t, router)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, instance) || strings.Contains(line, tag) {
			l.add(line, "mount", strings.Contains(line, "/run/netns/"))
		}
	}
	return l
}

// addRouter adds the links, routes and rules of tasks in a router.
func (l *things) addRouter(t *testing.T, router string) {
	for line := range strings.Lines(output(t, "ip -o -n "+router+" link")) {
		if name, _, _ := strings.Cut(strings.Fields(line)[1], "@"); strings.HasPrefix(name, "t") && name != "tunl0:" {
			l.add(line, "link of a task", false)
		}
	}
	for line := range strings.Lines(output(t, "ip -n "+router+" route")) {
		if strings.Contains(line, " dev t") {
			l.add(line, "route of a task", false)
		}
	}
}

func (l *things) add(name, what string, own bool) {
	if name = strings.TrimSpace(name); name == "" {
		return
	}
	if own {
		l.own = append(l.own, what+" "+name)
	} else {
		l.tasks = append(l.tasks, what+" "+name)
	}
}

// tables returns the names of the tables of netfilter's rules.
func tables(t *testing.T) (names []string) {
	t.Helper()
	conn, err := nftables.New()
	if err != nil {
		t.Fatal(err)
	}
	list, err := conn.ListTables()
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range list {
		names = append(names, table.Name)
	}
	return names
}

// cgroupsOf returns the cgroups whose names have a part.
func cgroupsOf(t *testing.T, part string) (dirs []string) {
	t.Helper()
	filepath.WalkDir("/sys/fs/cgroup", func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() && strings.Contains(e.Name(), part) {
			dirs = append(dirs, path)
			return filepath.SkipDir
		}
		return nil // others' come and go
	})
	return dirs
}

// output runs a command of words.
func output(t *testing.T, command string) string {
	t.Helper()
	words := strings.Fields(command)
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// needTaskNetwork skips a test of awsvpc tasks where none can run.
func needTaskNetwork(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 && os.Getenv(testutil.RequireDocker) != "1" {
		t.Skip("NO NETWORKS ARE MADE, so nothing is tested: it takes root")
	}
}
