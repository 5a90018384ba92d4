package network

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// Two tasks with the same port have an address each, which answers from the machine and from the
// other task; and each reaches itself by its address and by 127.0.0.1.
func TestTasksHaveAddresses(t *testing.T) {
	h := newHarness(t)
	one, two := assignment("10.213.7.5"), assignment("10.213.7.6")
	for _, as := range []structs.Assignment{one, two} {
		h.run(as, h.prepare(as), "serve")
	}
	for from, in := range map[string]*space{"the machine": nil, "one": h.space(one), "two": h.space(two)} {
		for _, as := range []structs.Assignment{one, two} {
			if got, host := fetch(t, in, as.Task.Address), h.pause(as).Hostname; !strings.Contains(got, host) {
				t.Errorf("from %s, %s answers %q, want the host name %s", from, as.Task.Address, got, host)
			}
		}
	}
	if got := fetch(t, h.space(two), "127.0.0.1"); !strings.Contains(got, h.pause(two).Hostname) {
		t.Errorf("127.0.0.1 is %q", got)
	}
	hosts, err := os.ReadFile(fmt.Sprintf("/proc/%d/root/etc/hosts", h.pause(one).PID))
	if err != nil || !strings.Contains(string(hosts), "10.213.7.5\tip-10-213-7-5.ec2.internal ip-10-213-7-5 "+h.pause(one).Hostname+"\n") {
		t.Errorf("/etc/hosts is %q, %v", hosts, err)
	}
}

// slowList lists pauses, and does something before the list gets to who asked.
type slowList struct {
	runtime.Pauses
	meanwhile func()
}

func (s slowList) ListPauses(ctx context.Context) ([]runtime.Pause, map[string]bool, error) {
	pauses, tasks, err := s.Pauses.ListPauses(ctx)
	s.meanwhile()
	return pauses, tasks, err
}

// A task takes a spare pause while a sweep lists them as spare: it keeps it.
func TestSpareTakenDuringSweep(t *testing.T) {
	h := newHarness(t)
	check(t, h.look(t.Context()), h.pool.fill(t.Context()))
	as := assignment("10.213.7.5")
	engine := h.Network.engine
	var prepareErr error
	h.Network.engine = slowList{engine, func() { _, prepareErr = h.Prepare(t.Context(), as) }}
	err := h.Sweep(t.Context(), func(string) bool { return true })
	h.Network.engine = engine
	check(t, err, prepareErr)
	if !lives(h.pause(as)) {
		t.Error("the task's pause has ended")
	}
}

// When the servers give the instance another block, tasks with addresses of the old one end and are
// told why; new ones get addresses of the new one.
func TestBlockChanges(t *testing.T) {
	h := newHarness(t)
	old := assignment("10.213.7.5")
	h.run(old, h.prepare(old), "serve")
	fetch(t, nil, old.Task.Address)
	events := h.engine.Events(t.Context())
	<-events // connected
	h.Apply(structs.NetworkFrame{Full: true, Range: testRange, Block: "10.213.8.0/24"})
	h.tend(t.Context())
	for e := range events {
		if e.Pause && e.Task == old.Task.ID {
			break
		}
	}
	if why := h.Lost(old.Task.ID, true); !strings.Contains(why, "other addresses, 10.213.8.0/24") {
		t.Errorf("the reason is %q", why)
	}
	if _, err := h.Prepare(t.Context(), old); err == nil || !strings.Contains(err.Error(), "10.213.7.5 is not one of the instance's") {
		t.Errorf("prepared again: %v", err)
	}
	next := assignment("10.213.8.5")
	h.run(next, h.prepare(next), "serve")
	fetch(t, nil, next.Task.Address)
	if offer := h.open(h.cfg.Instance).Offer(t.Context()); offer.Block != "10.213.8.0/24" || offer.Problem != "" {
		t.Errorf("the next process offers %+v", offer)
	}
}

// A range that the machine uses otherwise is a problem that names the route and the flag.
func TestRangeConflict(t *testing.T) {
	list := twoMachines(t)
	for text, want := range map[string]string{"198.18.0.0/15": "198.18.78.0/24 by eth0", "10.213.0.0/16": "", "192.0.2.0/24": ""} {
		got, err := conflict(list[0].machine, list[0].tag, netip.MustParsePrefix(text))
		if err != nil || !strings.Contains(got, want) || (got == "") != (want == "") || want != "" && !strings.Contains(got, "--task-network") {
			t.Errorf("%s: %q, %v, want %q", text, got, err, want)
		}
	}
}

// A pause that ended while nobody looked is found by the sweep.
func TestSweepFindsLostNetwork(t *testing.T) {
	h := newHarness(t)
	as := assignment("10.213.7.5")
	h.prepare(as)
	everybody := func(string) bool { return true }
	check(t, h.Sweep(t.Context(), everybody))
	if why := h.Lost(as.Task.ID, false); why != "" {
		t.Fatalf("a task with its network has lost it: %s", why)
	}
	check(t, syscall.Kill(h.pause(as).PID, syscall.SIGKILL))
	for h.pause(as).Running {
		check(t, t.Context().Err())
	}
	check(t, h.Sweep(t.Context(), everybody))
	if why := h.Lost(as.Task.ID, false); !strings.Contains(why, "pause container that held it ended") {
		t.Errorf("the reason is %q", why)
	}
}

// A task's names, resolvers and kernel parameters are its definition's, or the machine's.
func TestNamesAndParameters(t *testing.T) {
	def := func(c structs.ContainerDefinition) *structs.TaskDefinition {
		return &structs.TaskDefinition{NetworkMode: structs.NetworkAwsvpc, ContainerDefinitions: []structs.ContainerDefinition{c}}
	}
	machines := "# a comment\nnameserver 127.0.0.53\nnameserver 192.0.2.1\nsearch home\noptions edns0\n"
	for _, c := range []struct {
		machines string
		def      structs.ContainerDefinition
		want     string
	}{
		{machines, structs.ContainerDefinition{}, "nameserver 192.0.2.1\nsearch home\noptions edns0\n"},
		{"nameserver 127.0.0.53\n", structs.ContainerDefinition{}, publicResolvers},
		{machines, structs.ContainerDefinition{DnsServers: []string{"192.0.2.9"}, DnsSearchDomains: []string{"a", "b"}},
			"options edns0\nnameserver 192.0.2.9\nsearch a b\n"},
	} {
		if got := resolvFile(c.machines, def(c.def), nil); got != c.want {
			t.Errorf("resolv.conf is %q, want %q", got, c.want)
		}
	}
	h := newHarness(t)
	as := assignment("10.213.7.5")
	as.Definition = def(structs.ContainerDefinition{
		SystemControls: []structs.SystemControl{{Namespace: "net.core.somaxconn", Value: "77"}},
		ExtraHosts:     []structs.HostEntry{{Hostname: "db", IpAddress: "192.0.2.3"}},
	})
	h.prepare(as)
	check(t, h.space(as).do(func() error {
		got, err := os.ReadFile("/proc/sys/net/core/somaxconn")
		if string(got) != "77\n" {
			t.Errorf("somaxconn is %q", got)
		}
		return err
	}))
	hosts, err := os.ReadFile(fmt.Sprintf("/proc/%d/root/etc/hosts", h.pause(as).PID))
	if err != nil || !strings.Contains(string(hosts), "192.0.2.3\tdb\n") {
		t.Errorf("/etc/hosts is %q, %v", hosts, err)
	}
}
