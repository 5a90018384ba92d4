package connect

import (
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// loopback is a Place of loopback addresses.
type loopback struct{}

func (loopback) ConnectAddresses() (netip.Prefix, error) {
	return netip.MustParsePrefix("127.9.8.0/24"), nil
}

func (loopback) ListenAt(address string) (net.Listener, error) { return net.Listen("tcp4", address) }

// names is a DNS server that answers from the frames that it got.
type names map[string]string

func (n names) Apply(f structs.TrafficFrame) {
	if f.Full {
		clear(n)
	}
	for _, gone := range f.GoneNames {
		delete(n, gone)
	}
	for _, name := range f.Names {
		n[name.Name] = name.Addresses[0].Address
	}
}

func start(t *testing.T) (*Connect, names) {
	dns := names{}
	c := New(Config{DNS: dns, Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(c.Close)
	return c, dns
}

// task says its name to whoever connects, and returns the port.
func task(t *testing.T, says string) int32 {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, says)
			c.Close()
		}
	}()
	return int32(l.Addr().(*net.TCPAddr).Port)
}

func group(id, name string, port int32, targets ...int32) structs.TrafficGroup {
	g := structs.TrafficGroup{
		ID: "connect/" + id, Group: structs.TargetGroup{ID: "connect/" + id, Protocol: structs.ProtocolTCP},
		Connect: &structs.TrafficConnect{Aliases: []structs.ConnectAlias{{DNSName: name, Port: port}}},
	}
	for _, to := range targets {
		g.Targets = append(g.Targets, structs.TrafficTarget{Address: "127.0.0.1", Port: to, State: structs.TargetHealthy, Weight: 1})
	}
	return g
}

// reach connects to a name and returns what is said there; empty if nothing listens.
func (n names) reach(t *testing.T, name string, port int) string {
	t.Helper()
	if n[name] == "" {
		t.Fatalf("%s has no address: %v", name, n)
	}
	c, err := net.DialTimeout("tcp", net.JoinHostPort(n[name], strconv.Itoa(port)), time.Second)
	if err != nil {
		return ""
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	text, _ := io.ReadAll(c)
	return string(text)
}

// TestNamesLeadToTasks: an alias has an address, where its port leads to the tasks of the service,
// those of the newest frame, as long as there is the service.
func TestNamesLeadToTasks(t *testing.T) {
	c, dns := start(t)
	first, second := task(t, "first"), task(t, "second")
	c.Apply(structs.TrafficFrame{Full: true, Groups: []structs.TrafficGroup{
		group("shop/a", "a", 5000, first), group("shop/b", "b.shop", 5000, second), {ID: "of a listener"},
	}})
	if len(dns) != 0 {
		t.Fatalf("there are names without a place: %v", dns)
	}
	c.Use(loopback{})
	if got := dns.reach(t, "a", 5000) + dns.reach(t, "a."+SearchDomain, 5000) + dns.reach(t, "b.shop", 5000); got != "firstfirstsecond" {
		t.Errorf("got %q from %v", got, dns)
	}
	if len(dns) != 3 {
		t.Errorf("names: %v", dns)
	}
	c.Apply(structs.TrafficFrame{Groups: []structs.TrafficGroup{group("shop/a", "a", 5000, second)}})
	if got := dns.reach(t, "a", 5000); got != "second" {
		t.Errorf("after its task has changed: %q", got)
	}
	gone := names{"a": dns["a"]}
	c.Apply(structs.TrafficFrame{GoneGroups: []string{"connect/shop/a"}})
	if len(dns) != 1 {
		t.Errorf("names: %v", dns)
	}
	for begun := time.Now(); gone.reach(t, "a", 5000) != ""; time.Sleep(time.Millisecond) {
		if time.Since(begun) > 5*time.Second {
			t.Fatal("the port is open without its service")
		}
	}
}

// TestAliasesWin: an alias stands before a name of the cluster, which is back when the alias is
// gone. A full frame leaves nothing from before.
func TestAliasesWin(t *testing.T) {
	c, dns := start(t)
	c.Use(loopback{})
	of := func(address string) []structs.TrafficName {
		return []structs.TrafficName{{Name: "api.shop", Addresses: []structs.NameAddress{{Address: address}}}}
	}
	c.Apply(structs.TrafficFrame{Full: true, Names: of("10.0.0.1")})
	if dns["api.shop"] != "10.0.0.1" {
		t.Fatal(dns)
	}
	c.Apply(structs.TrafficFrame{Groups: []structs.TrafficGroup{group("shop/api", "api.shop", 80)}})
	ours := dns["api.shop"]
	c.Apply(structs.TrafficFrame{Names: of("10.0.0.2")})
	if !netip.MustParsePrefix("127.9.8.0/24").Contains(netip.MustParseAddr(ours)) || dns["api.shop"] != ours {
		t.Errorf("the alias has %s, then %s", ours, dns["api.shop"])
	}
	c.Apply(structs.TrafficFrame{GoneGroups: []string{"connect/shop/api"}})
	if dns["api.shop"] != "10.0.0.2" {
		t.Errorf("after the alias: %v", dns)
	}
	c.Apply(structs.TrafficFrame{Full: true, Groups: []structs.TrafficGroup{group("shop/api", "api.shop", 80)}})
	if len(dns) != 1 || dns["api.shop"] != ours {
		t.Errorf("another address than before: %v", dns)
	}
	c.Apply(structs.TrafficFrame{Full: true})
	if len(dns) != 0 {
		t.Errorf("left: %v", dns)
	}
}

// TestAddresses: names have different addresses of the range until it is full.
func TestAddresses(t *testing.T) {
	all := netip.MustParsePrefix("127.9.8.0/24")
	a, seen := newAddresses(all), map[netip.Addr]bool{}
	for n := range 255 {
		at, ok := a.take(strconv.Itoa(n))
		if !ok || seen[at] || !all.Contains(at) || at == all.Addr() {
			t.Fatalf("name %d has %v", n, at)
		}
		seen[at] = true
	}
	if at, ok := a.take("more"); ok {
		t.Errorf("one more than there are: %v", at)
	}
	last := netip.MustParseAddr("127.9.8.255")
	a.give(last)
	if at, ok := a.take("more"); !ok || at != last {
		t.Errorf("%v, not the one that is free", at)
	}
}
