package network

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const errNotSupported = unix.EOPNOTSUPP

// needed are the capabilities that awsvpc tasks take, by their numbers.
var needed = []struct {
	name string
	cap  int
}{{"CAP_NET_ADMIN", unix.CAP_NET_ADMIN}, {"CAP_SYS_ADMIN", unix.CAP_SYS_ADMIN}, {"CAP_SYS_PTRACE", unix.CAP_SYS_PTRACE}}

// problem returns why awsvpc tasks cannot run here whatever the servers say, for people, or "".
func (n *Network) problem(ctx context.Context) string {
	if lacking := lackingCapabilities(); lacking != "" {
		return "the agent may not make networks: it lacks " + lacking + "; run it as root"
	}
	pid, err := n.engine.EngineProcess(ctx)
	switch {
	case err != nil:
		return "the container engine's process is not known: " + err.Error()
	case pid == 0:
		return "the container engine does not run on this machine as the agent sees it: awsvpc tasks need both in one process namespace " +
			"(an agent in a container: --pid host --network host)"
	}
	same, err := sameSpace(fmt.Sprintf("/proc/%d/ns/net", pid), ownSpace)
	switch {
	case err != nil:
		return "the container engine's network is not known: " + err.Error()
	case !same:
		return "the container engine is in another network namespace than the agent (an agent in a container: --network host; " +
			"a rootless engine cannot run awsvpc tasks)"
	}
	return ""
}

// lackingCapabilities returns the names of those that this process lacks.
func lackingCapabilities() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err.Error()
	}
	_, rest, _ := strings.Cut(string(status), "\nCapEff:\t")
	var has uint64
	fmt.Sscanf(rest, "%x", &has)
	var names []string
	for _, n := range needed {
		if has&(1<<n.cap) == 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ", ")
}

func sameSpace(path, other string) (bool, error) {
	var a, b unix.Stat_t
	if err := errors.Join(unix.Stat(path, &a), unix.Stat(other, &b)); err != nil {
		return false, err
	}
	return a.Ino == b.Ino && a.Dev == b.Dev, nil
}

// conflict returns which of the machine's networks has addresses of a range, for people, or "". The
// default route has all addresses and is no conflict, nor are our own routes.
func conflict(machine *space, tag string, all netip.Prefix) (string, error) {
	routes, err := machine.RouteList(nil, unix.AF_INET)
	if err != nil {
		return "", fmt.Errorf("list the machine's routes: %w", err)
	}
	for _, route := range routes {
		dst := prefixOf(route.Dst)
		if dst.Bits() == 0 || !dst.Overlaps(all) || route.Protocol == routeProtocol {
			continue
		}
		name := linkNameAt(machine, route.LinkIndex)
		if name == linkName(tag) {
			continue
		}
		return fmt.Sprintf("the machine has a route to %s by %s, which overlaps the range of task addresses, %s: "+
			"give the servers another range with %s", dst, name, all, RangeFlag), nil
	}
	return "", nil
}

// Problems returns the channel of what has come to be wrong, or right again, since Offer.
func (n *Network) Problems() <-chan string { return n.problems }

// lookForConflict looks whether the machine has come to have a network with addresses of tasks, so
// that no task is placed here that would fail. The caller holds mu.
func (n *Network) lookForConflict() {
	if !n.block.IsValid() || n.unfit != "" {
		return
	}
	machine, err := openSpace(ownSpace)
	if err != nil {
		return // what needs it says so
	}
	defer machine.close()
	found, err := conflict(machine, n.tag, n.all)
	if found != n.suspected {
		n.suspected, n.suspectedAt = found, time.Now()
	}
	if err != nil || found == n.occupied {
		return
	}
	// the rest of an instance that is forgotten goes soon
	if found != "" && time.Since(n.suspectedAt) < reconcileEvery {
		return
	}
	n.occupied = found
	select {
	case <-n.problems: // nobody has read the one before
	default:
	}
	n.problems <- found
}

// RangeFlag is the flag of servers that says which addresses tasks have.
const RangeFlag = "--task-network"

func linkNameAt(in *space, index int) string {
	link, err := in.LinkByIndex(index)
	if err != nil {
		return fmt.Sprint("link ", index)
	}
	return link.Attrs().Name
}

// underlay returns the MTU of the link with the machine's address, or else of the default route's.
func underlay(machine *space, address string) int {
	const usual = 1500
	if a, err := netip.ParseAddr(address); err == nil && !a.IsLoopback() {
		links, err := machine.LinkList()
		if err != nil {
			return usual
		}
		for _, link := range links {
			list, err := machine.AddrList(link, netlink.FAMILY_ALL)
			for _, has := range list {
				if err == nil && addrOf(has.IP) == a.Unmap() {
					return link.Attrs().MTU
				}
			}
		}
	}
	routes, err := machine.RouteListFiltered(unix.AF_INET, &netlink.Route{Dst: nil}, netlink.RT_FILTER_DST)
	if err == nil && len(routes) > 0 {
		if link, err := machine.LinkByIndex(routes[0].LinkIndex); err == nil {
			return link.Attrs().MTU
		}
	}
	return usual
}
