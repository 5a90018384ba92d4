package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
)

// machine is a network namespace that stands for a machine, with an instance's router and one task.
// Machines are joined by a link.
type machine struct {
	*router
	block block
	task  *space
	a     netip.Addr
	id    string
}

var whole = netip.MustParsePrefix(testRange)

// twoMachines makes two machines whose addresses are 198.18.78.1 and .2, each with a task that
// serves on port 80.
func twoMachines(t *testing.T) (list [2]*machine) {
	t.Helper()
	needRoot(t)
	suffix := randomID()[:6]
	for i := range list {
		space := testSpace(t, fmt.Sprintf("gantry-test-m%d-%s", i, suffix))
		list[i] = &machine{block: block{netip.MustParsePrefix(fmt.Sprintf("10.213.%d.0/24", i+1))}, id: randomID()}
		r, err := openRouter(tag(list[i].id), spacesDir+"/"+fmt.Sprintf("gantry-test-m%d-%s", i, suffix))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.close(); removeSpace(routerName(r.tag)) })
		list[i].router = r
		list[i].a = netip.AddrFrom4([4]byte{10, 213, byte(i + 1), 9})
		list[i].task = testSpace(t, fmt.Sprintf("gantry-test-t%d-%s", i, suffix))
		up(t, space, "lo")
		up(t, list[i].task, "lo")
	}
	check(t, list[0].machine.LinkAdd(&netlink.Veth{
		LinkAttrs: netlink.LinkAttrs{Name: "eth0", TxQLen: -1}, PeerName: "eth0", PeerNamespace: netlink.NsFd(list[1].machine.ns),
	}))
	for i, m := range list {
		eth, err := m.machine.LinkByName("eth0")
		check(t, err, m.machine.AddrReplace(eth, &netlink.Addr{IPNet: &net.IPNet{IP: net.IPv4(198, 18, 78, byte(i+1)), Mask: net.CIDRMask(24, 32)}}))
		up(t, m.machine, "eth0")
		check(t, m.machine.do(func() error { return setting("net.ipv4.ip_forward", "1") }))
		check(t, m.connect(m.block, whole, 1450), m.firewall(whole), m.attach(m.task, m.id, m.block, m.a, 1450))
		m.serve(t)
	}
	return list
}

func testSpace(t *testing.T, name string) *space {
	t.Helper()
	s, err := namedSpace(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.close(); removeSpace(name) })
	return s
}

func check(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func up(t *testing.T, in *space, name string) {
	t.Helper()
	link, err := in.LinkByName(name)
	check(t, err, in.LinkSetUp(link))
}

// serve answers each connection to the task with the caller's address.
func (m *machine) serve(t *testing.T) {
	t.Helper()
	check(t, m.task.do(func() error {
		l, err := net.Listen("tcp4", ":80")
		if err != nil {
			return err
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				fmt.Fprintf(conn, "HTTP/1.0 200 OK\r\n\r\n%s sees %s", m.a, conn.RemoteAddr())
				conn.Close()
			}
		}()
		return nil
	}))
}

func (m *machine) peer(i int) peer {
	return peer{instance: m.id, address: netip.AddrFrom4([4]byte{198, 18, 78, byte(i + 1)}), block: m.block}
}

// reach connects two machines in one way.
func reach(t *testing.T, list [2]*machine, how string) {
	t.Helper()
	for i, m := range list {
		others := []peer{list[1-i].peer(1 - i)}
		if how == TrafficRoutes {
			m.plain = true
			check(t, m.firewall(whole), m.routes(m.block, others))
		} else {
			check(t, m.vxlan(whole, m.block, others, DefaultVXLANPort, 1450))
		}
	}
}

// Tasks of two machines reach each other, and each machine reaches both, whichever way leads there.
func TestTwoMachines(t *testing.T) {
	for _, how := range []string{TrafficVXLAN, TrafficRoutes} {
		t.Run(how, func(t *testing.T) {
			list := twoMachines(t)
			if got, err := get(list[0].task, list[1].a.String(), time.Second/5); err == nil {
				t.Errorf("before there is a way, a task of the other machine answers %q", got)
			}
			reach(t, list, how)
			for i, m := range list {
				other := list[1-i]
				for from, want := range map[*space]netip.Addr{m.task: m.a, m.machine: m.block.machine()} {
					if got := fetch(t, from, other.a.String()); !strings.HasPrefix(got, fmt.Sprintf("%s sees %s:", other.a, want)) {
						t.Errorf("to the other machine: %q, want it to see %s", got, want)
					}
				}
				if got := fetch(t, m.machine, m.a.String()); !strings.Contains(got, m.block.machine().String()+":") {
					t.Errorf("from the machine to its task: %q", got)
				}
			}
			reach(t, list, how) // once more changes nothing
			fetch(t, list[0].task, list[1].a.String())
		})
	}
}

// What is gone or wrong is put right, and a peer that left is no longer reached. Nothing of the
// range leaves by the default route.
func TestPeersChange(t *testing.T) {
	list := twoMachines(t)
	reach(t, list, TrafficVXLAN)
	fetch(t, list[0].task, list[1].a.String())
	link, err := list[0].inside.LinkByName(tunnelLink)
	check(t, err, list[0].inside.LinkDel(link)) // a person did it
	reach(t, list, TrafficVXLAN)
	fetch(t, list[0].task, list[1].a.String())

	moved := list[1].peer(1)
	moved.address = netip.MustParseAddr("198.18.78.99")
	check(t, list[0].vxlan(whole, list[0].block, []peer{moved}, DefaultVXLANPort, 1450))
	if got, err := get(list[0].task, list[1].a.String(), time.Second/5); err == nil {
		t.Errorf("a peer that moved away answers %q at its old place", got)
	}
	check(t, list[0].vxlan(whole, list[0].block, nil, DefaultVXLANPort, 1450))
	began := time.Now()
	if got, err := get(list[0].task, list[1].a.String(), 5*time.Second); err == nil || time.Since(began) > time.Second {
		t.Errorf("a peer that left answers %q after %v, %v; want a refusal at once", got, time.Since(began), err)
	}
	if link, err := findLink(list[0].inside, tunnelLink); link != nil || err != nil {
		t.Errorf("without peers the VXLAN is %v, %v", link, err)
	}
}

// A task that takes another's address for its own is not heard.
func TestNoTaskPassesForAnother(t *testing.T) {
	list := twoMachines(t)
	reach(t, list, TrafficVXLAN)
	fetch(t, list[0].task, list[1].a.String())
	forged := netip.MustParseAddr("10.213.1.77")
	eth, err := list[0].task.LinkByName(ethernet)
	check(t, err, list[0].task.AddrReplace(eth, &netlink.Addr{IPNet: one(forged)}))
	heard := make(chan string, 10)
	check(t, list[1].task.do(func() error {
		conn, err := net.ListenPacket("udp4", ":53")
		if err != nil {
			return err
		}
		t.Cleanup(func() { conn.Close() })
		go func() {
			for packet := make([]byte, 100); ; {
				_, from, err := conn.ReadFrom(packet)
				if err != nil {
					return
				}
				heard <- from.String()
			}
		}()
		return nil
	}))
	for _, source := range []netip.Addr{forged, list[0].a} {
		check(t, list[0].task.do(func() error {
			conn, err := net.DialUDP("udp4", &net.UDPAddr{IP: ip(source)}, &net.UDPAddr{IP: ip(list[1].a), Port: 53})
			if err == nil {
				_, err = conn.Write([]byte("x"))
				conn.Close()
			}
			return err
		}))
	}
	if from := <-heard; !strings.HasPrefix(from, list[0].a.String()+":") {
		t.Errorf("a packet from %s came through", from)
	}
}

// A machine that forwards nothing by itself still lets tasks reach the outside, and only what
// answers them comes back.
func TestOutside(t *testing.T) {
	list := twoMachines(t)
	m := list[0]
	for _, rule := range []string{"-P FORWARD DROP", "-N DOCKER-USER", "-A FORWARD -j DOCKER-USER", "-A DOCKER-USER -j RETURN"} {
		iptables(t, m.machine, rule)
	}
	check(t, m.firewall(whole), m.firewall(whole))
	check(t, list[1].machine.do(func() error {
		l, err := net.Listen("tcp4", "198.18.78.2:80")
		if err != nil {
			return err
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
				fmt.Fprintf(conn, "HTTP/1.0 200 OK\r\n\r\n%s", conn.RemoteAddr())
				conn.Close()
			}
		}()
		return nil
	}))
	if got := fetch(t, m.task, "198.18.78.2"); !strings.HasPrefix(got, "198.18.78.1:") {
		t.Errorf("outside sees %q, want the machine's address", got)
	}
	eth, err := list[1].machine.LinkByName("eth0")
	check(t, err, list[1].machine.RouteReplace(&netlink.Route{LinkIndex: eth.Attrs().Index, Dst: ipNet(m.block.Prefix), Gw: net.IPv4(198, 18, 78, 1)}))
	if got, err := get(list[1].machine, m.a.String(), time.Second/5); err == nil {
		t.Errorf("the outside reaches a task through the machine's firewall: %q", got)
	}
	if got := iptables(t, m.machine, "-S DOCKER-USER"); strings.Count(got, linkName(m.tag)) != 2 {
		t.Errorf("the rules are\n%s", got)
	}
	check(t, dropFirewall(m.machine, m.tag))
	if got := iptables(t, m.machine, "-S DOCKER-USER"); strings.Contains(got, linkName(m.tag)) {
		t.Errorf("of the rules there remain\n%s", got)
	}
}

func iptables(t *testing.T, in *space, args string) (out string) {
	t.Helper()
	check(t, in.do(func() error {
		raw, err := exec.Command("iptables", strings.Fields(args)...).CombinedOutput()
		if out = string(raw); err != nil {
			return fmt.Errorf("iptables %s: %w: %s", args, err, out)
		}
		return nil
	}))
	return out
}
