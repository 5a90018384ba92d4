package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// router is the namespace in which the tasks' links end, and the machine's namespace as far as it
// leads there. Its methods are called one at a time.
type router struct {
	tag     string
	machine *space
	inside  *space
	// plain is whether packets to other machines travel as they are (--task-traffic routes):
	// then they pass the machine like those to the outside.
	plain bool
	step  func(done string) // Config.Step
}

// ownSpace is the machine's network namespace: the agent's. It is read on the thread of a goroutine
// that has not changed it. The process's first thread, which is /proc/self, may be in another one
// for a moment (space.do).
const ownSpace = "/proc/thread-self/ns/net"

// openRouter opens the router of a tag, and makes it if there is none. The machine's namespace is
// at a path.
func openRouter(tag, machinePath string) (*router, error) {
	machine, err := openSpace(machinePath)
	if err != nil {
		return nil, err
	}
	inside, err := namedSpace(routerName(tag))
	if err != nil {
		machine.close()
		return nil, err
	}
	return &router{tag: tag, machine: machine, inside: inside, step: func(string) {}}, nil
}

func (r *router) close() {
	r.machine.close()
	r.inside.close()
}

// routerSettings are the kernel parameters of the router. Strict rp_filter drops a packet whose
// source is not an address of the link that it comes from, so no task can pass for another.
var routerSettings = map[string]string{
	"net.ipv4.ip_forward":                "1",
	"net.ipv4.conf.all.rp_filter":        "1",
	"net.ipv4.conf.default.rp_filter":    "1",
	"net.ipv4.conf.all.send_redirects":   "0",
	"net.ipv6.conf.all.disable_ipv6":     "1",
	"net.ipv4.conf.all.accept_redirects": "0",
}

// connect makes the router of a block, and joins it with the machine. All is the range of all
// blocks.
func (r *router) connect(b block, all netip.Prefix, mtu int) error {
	err := r.inside.do(func() (failed error) {
		for name, value := range routerSettings {
			failed = errors.Join(failed, setting(name, value))
		}
		return failed
	})
	if err != nil {
		return err
	}
	lo, err := r.inside.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := onlyAddress(r.inside, lo, b.router()); err != nil {
		return err
	}
	outer, inner, err := r.joint(b, mtu)
	if err != nil {
		return fmt.Errorf("join the router with the machine: %w", err)
	}
	r.step("machine and router were joined")
	if err := onlyAddress(r.machine, outer, b.machine()); err != nil {
		return err
	}
	err = errors.Join(
		neighbour(r.machine, outer, b.router(), macOf(b.router())),
		r.machine.RouteReplace(&netlink.Route{
			LinkIndex: outer.Attrs().Index, Dst: ipNet(all), Gw: ip(b.router()), Src: ip(b.machine()), Flags: int(netlink.FLAG_ONLINK),
		}),
		neighbour(r.inside, inner, b.machine(), macOf(b.machine())),
		r.inside.RouteReplace(&netlink.Route{
			LinkIndex: inner.Attrs().Index, Dst: one(b.machine()), Src: ip(b.router()), Scope: netlink.SCOPE_LINK,
		}),
		r.inside.RouteReplace(&netlink.Route{
			LinkIndex: inner.Attrs().Index, Dst: ipNet(netip.PrefixFrom(netip.IPv4Unspecified(), 0)), Gw: ip(b.machine()),
			Src: ip(b.router()), Flags: int(netlink.FLAG_ONLINK),
		}),
		// What has no route of its own is no task's: it must not leave by the default route.
		r.inside.RouteReplace(&netlink.Route{Dst: ipNet(all), Type: unix.RTN_UNREACHABLE}),
	)
	if err != nil {
		return fmt.Errorf("set the routes between router and machine: %w", err)
	}
	r.step("machine and router had their routes")
	return errors.Join(r.dropRoutes(outer, all), r.dropRoutes(nil, all))
}

// joint returns the two ends of the link between machine and router. It makes them if there are
// none.
func (r *router) joint(b block, mtu int) (outer, inner netlink.Link, err error) {
	name := linkName(r.tag)
	if outer, err = findLink(r.machine, name); err != nil {
		return nil, nil, err
	}
	if outer == nil {
		err := r.machine.LinkAdd(&netlink.Veth{
			LinkAttrs:        netlink.LinkAttrs{Name: name, MTU: mtu, HardwareAddr: macOf(b.machine()), TxQLen: -1},
			PeerName:         machineLink,
			PeerHardwareAddr: macOf(b.router()),
			PeerNamespace:    netlink.NsFd(r.inside.ns),
		})
		if err != nil {
			return nil, nil, err
		}
		if outer, err = r.machine.LinkByName(name); err != nil {
			return nil, nil, err
		}
	}
	if inner, err = r.inside.LinkByName(machineLink); err != nil {
		return nil, nil, err
	}
	// the addresses may be those of an earlier block
	for _, end := range []struct {
		in   *space
		link netlink.Link
		mac  net.HardwareAddr
	}{{r.machine, outer, macOf(b.machine())}, {r.inside, inner, macOf(b.router())}} {
		if is := end.link.Attrs(); is.HardwareAddr.String() != end.mac.String() {
			err = errors.Join(err, end.in.LinkSetHardwareAddr(end.link, end.mac))
		}
		if is := end.link.Attrs(); is.MTU != mtu {
			err = errors.Join(err, end.in.LinkSetMTU(end.link, mtu))
		}
		err = errors.Join(err, end.in.LinkSetUp(end.link))
	}
	return outer, inner, err
}

// dropRoutes removes the routes to earlier ranges: the machine's by the router, or with a nil link
// the unreachable ones of the router.
func (r *router) dropRoutes(outer netlink.Link, all netip.Prefix) (failed error) {
	in, filter, by := r.inside, &netlink.Route{Type: unix.RTN_UNREACHABLE}, uint64(netlink.RT_FILTER_TYPE)
	if outer != nil {
		in, filter, by = r.machine, &netlink.Route{LinkIndex: outer.Attrs().Index}, netlink.RT_FILTER_OIF
	}
	routes, err := in.RouteListFiltered(unix.AF_INET, filter, by)
	if err != nil {
		return err
	}
	for _, route := range routes {
		if prefixOf(route.Dst) != all.Masked() {
			failed = errors.Join(failed, in.RouteDel(&route))
		}
	}
	return failed
}

// findLink returns a link, or nil if there is none of that name.
func findLink(in *space, name string) (netlink.Link, error) {
	link, err := in.LinkByName(name)
	if _, none := errors.AsType[netlink.LinkNotFoundError](err); none {
		return nil, nil
	}
	return link, err
}

// onlyAddress gives a link one address of ours, and takes away others. Those of loopback stay.
func onlyAddress(in *space, link netlink.Link, a netip.Addr) error {
	list, err := in.AddrList(link, unix.AF_INET)
	if err != nil {
		return err
	}
	there := false
	for _, has := range list {
		switch of := addrOf(has.IP); {
		case of == a:
			there = true
		case !of.IsLoopback():
			err = errors.Join(err, in.AddrDel(link, &has))
		}
	}
	if !there {
		err = errors.Join(err, in.AddrReplace(link, &netlink.Addr{IPNet: one(a)}))
	}
	if link.Attrs().Flags&net.FlagUp == 0 {
		err = errors.Join(err, in.LinkSetUp(link))
	}
	return err
}

// neighbour sets the hardware address of an address on a link, so that nobody asks for it.
func neighbour(in *space, link netlink.Link, a netip.Addr, mac net.HardwareAddr) error {
	return in.NeighSet(&netlink.Neigh{
		LinkIndex: link.Attrs().Index, Family: unix.AF_INET, State: netlink.NUD_PERMANENT, IP: ip(a), HardwareAddr: mac,
	})
}
