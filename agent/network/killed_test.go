package network

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// killEnv has, for a child of the test, what it prepares and where it is killed.
const killEnv = "GANTRY_TEST_NETWORK_KILL"

type kill struct {
	Instance, Data, Step string
	As                   structs.Assignment
}

// TestKilledChild is not a test but the child process of TestKilled.
func TestKilledChild(t *testing.T) {
	var k kill
	if json.Unmarshal([]byte(os.Getenv(killEnv)), &k) != nil {
		return
	}
	all, err := docker.New(docker.Config{Host: testutil.DockerHost(t)})
	check(t, err)
	h := &harness{T: t, engine: all.ForInstance(k.Instance), data: k.Data}
	n := h.open(k.Instance)
	step := func(done string) {
		if done == k.Step {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	}
	n.cfg.Step, n.pool.step = step, step
	if strings.Contains(k.Step, "spare") { // so that there is one to take
		check(t, n.look(t.Context()), n.pool.fill(t.Context()))
	}
	_, err = n.Prepare(t.Context(), k.As)
	t.Fatalf("the step %q did not come: %v", k.Step, err)
}

// steps are those of Config.Step, in their order.
var steps = []string{
	"a spare pause was started", "a spare pause has the task's name", "the task had its pause", "the router was noted", "the router was made",
	"machine and router were joined", "machine and router had their routes", "the machine's rules were set", "the interface was made",
	"the interface had its address", "the address was routed", "the names were written",
}

// An agent that is killed at any step leaves nothing that the next one does not find: it prepares
// the task again, or removes everything.
func TestKilled(t *testing.T) {
	h := newHarness(t)
	for i, step := range steps {
		t.Run(step, func(t *testing.T) {
			as := assignment("10.213.7." + string(rune('1'+i/10)) + string(rune('0'+i%10)))
			h.killAt(t, step, as)
			next := h.open(h.cfg.Instance)
			shared, err := next.Prepare(t.Context(), as)
			check(t, err)
			h.run(as, shared, "serve")
			fetch(t, nil, as.Task.Address)
			h.Network = next
			h.removeAll()
			h.checkGone(t)

			h.killAt(t, step, as)
			h.Network = h.open(h.cfg.Instance)
			nobody := func(string) bool { return false }
			check(t, h.Sweep(t.Context(), nobody))
			pauses, _, err := h.engine.ListPauses(t.Context())
			for _, p := range pauses {
				if p.Task() != "" || !h.pool.has(p.Name) {
					t.Errorf("pause %s is left", p.Name)
				}
			}
			check(t, err)
			h.removeAll()
			h.checkGone(t)
		})
	}
}

// killAt prepares a task in another process, which is killed at a step.
func (h *harness) killAt(t *testing.T, step string, as structs.Assignment) {
	t.Helper()
	text, err := json.Marshal(kill{h.cfg.Instance, h.data, step, as})
	check(t, err)
	child := exec.Command(os.Args[0], "-test.run", "^TestKilledChild$")
	child.Env = append(os.Environ(), killEnv+"="+string(text))
	out, err := child.CombinedOutput()
	if err == nil || err.Error() != "signal: killed" {
		t.Fatalf("the child was not killed at %q: %v\n%s", step, err, out)
	}
}

// checkGone finds what is left of the instance: containers, namespaces, links, routes, rules.
func (h *harness) checkGone(t *testing.T) {
	t.Helper()
	pauses, tasks, err := h.engine.ListPauses(t.Context())
	if err != nil || len(pauses) > 0 || len(tasks) > 0 {
		t.Errorf("there are pauses %v and containers of %v, %v", pauses, tasks, err)
	}
	for _, path := range []string{filepath.Join(spacesDir, routerName(h.tag)), notePath(h.tag)} {
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", path, err)
		}
	}
	machine, err := openSpace(ownSpace)
	check(t, err)
	defer machine.close()
	links, err := machine.LinkList()
	check(t, err)
	for _, link := range links {
		if name := link.Attrs().Name; strings.Contains(name, h.tag) {
			t.Errorf("link %s is left", name)
		}
	}
	routes, err := machine.RouteList(nil, 2)
	check(t, err)
	for _, route := range routes {
		if prefixOf(route.Dst) == whole {
			t.Errorf("route %s is left", route)
		}
	}
	if rules := iptables(t, machine, "-S"); strings.Contains(rules, h.tag) {
		t.Errorf("rules are left:\n%s", rules)
	}
}

// An agent removes what an instance has left whose data directory was thrown away, and leaves alone
// what one has whose agent is only stopped.
func TestForgottenInstances(t *testing.T) {
	h := newHarness(t)
	as := assignment("10.213.7.5")
	h.prepare(as)
	h.closeRouter()
	other := &harness{T: t, engine: h.engine, data: t.TempDir()}
	n := other.open(randomID())
	n.removeForgotten(t.Context())
	if _, ok, err := h.engine.FindPause(t.Context(), runtime.PauseName(as.Task.ID)); !ok || err != nil {
		t.Fatalf("the pause of a stopped agent is gone: %v", err)
	}
	check(t, os.RemoveAll(h.data))
	n.removeForgotten(t.Context())
	h.checkGone(t)
}
