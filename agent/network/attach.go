package network

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/gantry-project/gantry/agent/runtime"
)

// noAddresses is IN6_ADDR_GEN_MODE_NONE of the kernel.
const noAddresses = 1

// attachPause gives the namespace of a pause its interface with a task's address.
func (r *router) attachPause(p runtime.Pause, task string, b block, a netip.Addr, mtu int) error {
	there, err := openSpace(fmt.Sprintf("/proc/%d/ns/net", p.PID))
	if err != nil {
		return err
	}
	defer there.close()
	if !lives(p) { // the number is another process's by now
		return errors.New("its pause has ended")
	}
	return r.attach(there, task, b, a, mtu)
}

// attach gives a namespace its interface with a task's address, and the router its route there.
func (r *router) attach(there *space, task string, b block, a netip.Addr, mtu int) error {
	link, eth, err := r.veth(there, task, b, a, mtu)
	if err != nil {
		return fmt.Errorf("make its interface: %w", err)
	}
	r.step("the interface was made")
	if err := setUpTask(there, eth, b, a); err != nil {
		return fmt.Errorf("set its address: %w", err)
	}
	r.step("the interface had its address")
	err = errors.Join(
		r.inside.LinkSetUp(link),
		neighbour(r.inside, link, a, macOf(a)),
		r.inside.RouteReplace(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: one(a), Src: ip(b.router()), Scope: netlink.SCOPE_LINK}),
	)
	if err != nil {
		return fmt.Errorf("route its address: %w", err)
	}
	return nil
}

// veth returns the two ends of a task's link. It makes them if there are none, each in its
// namespace at once.
func (r *router) veth(there *space, task string, b block, a netip.Addr, mtu int) (link, eth netlink.Link, err error) {
	if eth, err = findLink(there, ethernet); err != nil {
		return nil, nil, err
	}
	if eth == nil {
		veth := &netlink.Veth{
			LinkAttrs: netlink.LinkAttrs{
				Name: linkOf(task), MTU: mtu, HardwareAddr: macOf(b.router()), TxQLen: -1,
			},
			PeerName:         ethernet,
			PeerHardwareAddr: macOf(a),
			PeerNamespace:    netlink.NsFd(there.ns),
		}
		err := r.inside.LinkAdd(veth)
		if errors.Is(err, unix.EEXIST) { // of a namespace that the task had before
			if err = r.inside.LinkDel(&netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Name: linkOf(task)}}); err == nil {
				err = r.inside.LinkAdd(veth)
			}
		}
		if err != nil {
			return nil, nil, err
		}
		if eth, err = there.LinkByName(ethernet); err != nil {
			return nil, nil, err
		}
	}
	if link, err = r.inside.LinkByName(linkOf(task)); err == nil && link.Attrs().Alias != task { // the kernel takes none when it makes a link
		err = r.inside.LinkSetAlias(link, task)
	}
	return link, eth, err
}

// setUpTask gives a task's interface its address and its routes. Everything goes to the router.
func setUpTask(there *space, eth netlink.Link, b block, a netip.Addr) error {
	// IPv6 stays on, for ::1, but the interface gets no address that nobody routes. It fails on a
	// kernel without IPv6.
	_ = there.LinkSetIP6AddrGenMode(eth, noAddresses)
	if err := errors.Join(
		there.AddrReplace(eth, &netlink.Addr{IPNet: one(a)}),
		there.LinkSetUp(eth),
		neighbour(there, eth, b.router(), macOf(b.router())),
	); err != nil {
		return err
	}
	index := eth.Attrs().Index
	return errors.Join(
		there.RouteReplace(&netlink.Route{LinkIndex: index, Dst: one(b.router()), Scope: netlink.SCOPE_LINK}),
		there.RouteReplace(&netlink.Route{
			LinkIndex: index, Dst: ipNet(netip.PrefixFrom(netip.IPv4Unspecified(), 0)), Gw: ip(b.router()), Src: ip(a),
		}),
	)
}
