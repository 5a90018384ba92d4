package hosts

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/testutil/hosts"
)

// agentFault is something that happens to the host of an agent and makes its tasks be replaced.
type agentFault struct {
	name   string
	happen func(*hosts.Agent) error
	rare   bool // it is tried in random runs alone
}

func agentFaults() []agentFault {
	return []agentFault{
		{name: "the host dies", happen: func(a *hosts.Agent) error { a.Die(); return nil }},
		{name: "the agent freezes", happen: func(a *hosts.Agent) error { a.Freeze(); return nil }},
		{name: "the host is cut off", happen: func(a *hosts.Agent) error { return a.Cut() }},
		{name: "the host hears nobody", happen: func(a *hosts.Agent) error { return a.Deafen() }, rare: true},
		{name: "nobody hears the host", happen: func(a *hosts.Agent) error { return a.Mute() }},
	}
}

// testAgents: the tasks of a lost host run elsewhere within seconds, and once it is back nothing
// runs twice. A host that is only slow, and an agent that restarts within its lease, lose nothing.
func testAgents(t *testing.T, w *harness) {
	const name = "kept"
	w.service(t, name)
	w.agentRestart(t, name, w.Agents[0])
	w.slowHost(t, name, w.Agents[1])
	for i, fault := range agentFaults() {
		if !fault.rare {
			w.agentFault(t, fault, name, w.Agents[i%len(w.Agents)])
		}
	}
}

// agentRestart kills an agent and starts it again within its lease.
func (w *harness) agentRestart(t *testing.T, name string, a *hosts.Agent) {
	t.Helper()
	before, err := hosts.Containers(name, w.Agents...)
	if err != nil {
		t.Fatal(err)
	}
	a.Kill()
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	w.unharmed(t, name, before, "an agent starts anew")
}

// testStartCutOff: an agent that starts on a host that is cut off gets no certificate, and still
// kills what the previous agent left.
func testStartCutOff(t *testing.T, w *harness) {
	const name = "fenced"
	w.service(t, name)
	a := w.Agents[0]
	a.Kill()
	if err := a.Cut(); err != nil {
		t.Fatal(err)
	}
	before, err := hosts.Containers(name, a)
	if err != nil || len(before) == 0 {
		t.Fatalf("host %s has no task of the service: %v", a.Host.Name, err)
	}
	a.Flags = []string{"--stop-on-disconnect"}
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	a.Flags = nil
	w.await(t, "what an agent left is killed when the next one starts cut off", func() error {
		on, err := hosts.Containers(name, a)
		if err == nil && len(on) > 0 {
			err = fmt.Errorf("host %s runs the tasks %v", a.Host.Name, on)
		}
		return err
	})
	w.mend(t)
	w.awaitService(t, name, w.Agents...)
	w.awaitSpread(t, name)
}

// slowHost makes a host's link bad, but not so bad that the host is lost.
func (w *harness) slowHost(t *testing.T, name string, a *hosts.Agent) {
	t.Helper()
	before, err := hosts.Containers(name, w.Agents...)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Slow("512kbit"); err != nil {
		t.Fatal(err)
	}
	if err := a.Lose(0.02); err != nil {
		t.Fatal(err)
	}
	w.unharmed(t, name, before, "a slow link that loses packets")
	w.mend(t)
}

// unharmed checks for twice the length of a lease that the very same tasks run.
func (w *harness) unharmed(t *testing.T, name string, before []string, what string) {
	t.Helper()
	for end := time.Now().Add(6 * time.Second); time.Now().Before(end); pause(200 * time.Millisecond) {
		running, err := w.Running(w.ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		after, err := hosts.Containers(name, w.Agents...)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Sort(before); len(running) != serviceTasks || !slices.Equal(before, slices.Sorted(slices.Values(after))) {
			t.Fatalf("%s: %d tasks are RUNNING, in containers of %v; before: %v", what, len(running), after, before)
		}
	}
}

// agentFault makes a fault happen to a host, waits until its tasks run elsewhere, and ends the
// fault.
func (w *harness) agentFault(t *testing.T, fault agentFault, name string, a *hosts.Agent) {
	t.Helper()
	before, err := hosts.Containers(name, a)
	if err != nil || len(before) == 0 {
		t.Fatalf("%s: host %s has no task of the service: %v", fault.name, a.Host.Name, err)
	}
	if err := fault.happen(a); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	w.awaitService(t, name, w.others(a)...)
	t.Logf("%s (%s): replaced after %.1f s", fault.name, a.Host.Name, time.Since(began).Seconds())
	w.mend(t)
	w.awaitService(t, name, w.Agents...)
	w.awaitSpread(t, name)
}

// testEngineKilled: an engine is killed under its agent. Its next start ends its containers; then
// the tasks are reported and replaced, and the agent goes on.
func testEngineKilled(t *testing.T, w *harness) {
	const name = "engine"
	w.service(t, name)
	a := w.Agents[0]
	before, err := hosts.Containers(name, a)
	if err != nil || len(before) == 0 {
		t.Fatalf("host %s has no task of the service: %v", a.Host.Name, err)
	}
	if err := a.KillEngine(); err != nil {
		t.Fatal(err)
	}
	pause(faultTime)
	if a.Ended() {
		t.Fatalf("the agent ended with its engine: %s", a.Log())
	}
	began := time.Now()
	if err := a.StartEngine(); err != nil {
		t.Fatal(err)
	}
	w.awaitService(t, name, w.Agents...)
	w.awaitSpread(t, name)
	t.Logf("an engine is killed (%s): all is well %.1f s after its next start begins", a.Host.Name, time.Since(began).Seconds())
	for _, task := range w.tasks(t) {
		if slices.Contains(before, task.ID) && task.LastStatus.String() != "STOPPED" {
			t.Errorf("task %s ended with its engine and is %s", task.ID, task.LastStatus)
		}
	}
	if a.Ended() {
		t.Errorf("the agent ended: %s", a.Log())
	}
}
